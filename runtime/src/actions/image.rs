//! How does an image come to a host? It is there, or another host has it, or its registry has.
//!
//! Registries' credentials are the host's own; none travel.

use super::{Context, Failure, Performed, refused};
use crate::{World, scripts};

impl<W: World> Context<'_, W> {
    /// See that the image is on `to`.
    pub(super) async fn bring_image(&self, from: Option<&String>, to: &str, image: &str) -> Result<Performed, Failure> {
        let here = self.image_id(to, image).await?;
        let there = match from {
            Some(from) => self.image_id(from, image).await?,
            None => String::new(),
        };
        if !here.is_empty() && (there.is_empty() || here == there) {
            return Ok(Performed::new(false, [("image_id", here), ("by", "present".to_owned())]));
        }
        if let Some(from) = from.filter(|_| !there.is_empty()) {
            let bytes = self.send_image(from, to, image).await?;
            let here = self.image_id(to, image).await?;
            if here.is_empty() {
                let message = format!("docker on {to} loaded {image}, and does not know it now");
                return Err(Failure::certain(message, format!("look at `docker image ls` on {to}")));
            }
            let values = [("image_id", here.clone()), ("by", "transfer".to_owned()), ("bytes", bytes.to_string())];
            let mut performed = Performed::new(true, values);
            if here != there {
                // Engines with another image store count ids in another way, so this is no proof of damage.
                let text = format!("{image}: its id is {there} on {from} and {here} on {to}");
                performed.values.insert("not_verified".to_owned(), text);
            }
            return Ok(performed);
        }
        self.report(0, None, format!("docker pull {image}"));
        self.change(to, scripts::image_pull(image)).await?;
        let id = self.image_id(to, image).await?;
        Ok(Performed::new(true, [("image_id", id), ("by", "pull".to_owned())]))
    }

    async fn image_id(&self, host: &str, image: &str) -> Result<String, Failure> {
        Ok(self.tell(host, scripts::image_look(image)).await?.text())
    }

    async fn send_image(&self, from: &str, to: &str, image: &str) -> Result<u64, Failure> {
        let total = self.step.estimate.bytes;
        let text = format!("docker save {image} on {from}, docker load on {to}");
        let progress = |bytes| self.report(bytes, total, text.clone());
        let (save, load) = (scripts::image_save(image), scripts::image_load());
        let piped = self.world.pipe((from, &save), (to, &load), &progress).await?;
        for (host, script, output) in [(from, save, &piped.from), (to, load, &piped.to)] {
            if output.status != 0 {
                return Err(refused(host, script.name, output));
            }
        }
        Ok(piped.bytes)
    }
}
