//! What do the files of the AWS tools say of credentials and region? Read where the environment says neither.
//!
//! Names and places as in the AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

use crate::StoreError;
use configparser::ini::Ini;
use std::{
    env, fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// Settings of a profile that the object store takes, by the name that it takes them by.
const SETTINGS: [(&str, &str); 5] = [
    ("aws_access_key_id", "aws_access_key_id"),
    ("aws_secret_access_key", "aws_secret_access_key"),
    ("aws_session_token", "aws_session_token"),
    ("region", "aws_region"),
    ("endpoint_url", "aws_endpoint_url"),
];
/// Settings that stand for credentials which another program or service has to be asked for.
const ASKED_FOR: [&str; 5] = ["credential_process", "role_arn", "sso_session", "sso_start_url", "web_identity_token_file"];

/// The two files, and the profile that is meant.
#[derive(Debug)]
pub(super) struct Profile {
    credentials: PathBuf,
    config: PathBuf,
    name: String,
    /// A person named the profile, so it has to be there.
    is_named: bool,
}

impl Profile {
    /// As the environment says; none without a home folder.
    pub(super) fn of_environment() -> Option<Self> {
        let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let home = env::home_dir()?.join(".aws");
        let file = |name, default| variable(name).map_or_else(|| home.join(default), PathBuf::from);
        let named = variable("AWS_PROFILE").or_else(|| variable("AWS_DEFAULT_PROFILE"));
        Some(Self {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            config: file("AWS_CONFIG_FILE", "config"),
            is_named: named.is_some(),
            name: named.unwrap_or_else(|| "default".to_owned()),
        })
    }

    /// What the files say of it, for what the variables of the environment leave open.
    pub(super) fn read(&self, given: &[(String, String)]) -> Result<Vec<(String, String)>, StoreError> {
        let files = Files { credentials: read(&self.credentials)?, config: read(&self.config)? };
        let (one, other) = (self.credentials.display(), self.config.display());
        self.settings(&files, given).map_err(|what| StoreError::Failed(format!("{one} and {other}: {what}")))
    }

    /// What the profile says, for what `given`, the variables of the environment, leave open: keys only together, because half a pair of
    /// each place is none.
    fn settings(&self, files: &Files, given: &[(String, String)]) -> Result<Vec<(String, String)>, String> {
        let has = |name: &str| given.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        let section = if self.name == "default" { self.name.clone() } else { format!("profile {}", self.name) };
        let both = [(&files.credentials, &self.name), (&files.config, &section)];
        let of = |name: &str| both.iter().find_map(|(file, section)| file.get(section, name)).filter(|value| !value.is_empty());
        if self.is_named && !both.iter().any(|(file, section)| file.sections().contains(section)) && !has("AWS_ACCESS_KEY_ID") {
            return Err(format!("there is no profile `{}`: correct AWS_PROFILE", self.name));
        }
        let keys_given = has("AWS_ACCESS_KEY_ID") || has("AWS_SECRET_ACCESS_KEY");
        if !keys_given
            && of("aws_access_key_id").is_none()
            && let Some(asked_for) = ASKED_FOR.iter().find(|name| of(name).is_some())
        {
            let command = format!("eval \"$(aws configure export-credentials --profile {} --format env)\"", self.name);
            return Err(format!(
                "the profile `{}` gets its credentials by `{asked_for}`, which migc does not ask: run `{command}` before",
                self.name
            ));
        }
        let is_open = |name: &str| if name.contains("key") || name.contains("token") { !keys_given } else { !has(name) };
        Ok(SETTINGS
            .iter()
            .filter(|(_, taken)| is_open(taken) && !(*taken == "aws_region" && has("AWS_DEFAULT_REGION")))
            .filter_map(|(name, taken)| Some(((*taken).to_owned(), of(name)?)))
            .collect())
    }
}

/// What the two files say.
#[derive(Debug)]
struct Files {
    credentials: Ini,
    config: Ini,
}

/// What a file says; nothing, if it is not there.
fn read(path: &Path) -> Result<Ini, StoreError> {
    let failed = |error: &dyn std::fmt::Display| StoreError::Failed(format!("{}: {error}", path.display()));
    match fs::read_to_string(path) {
        // What the file holds is secret, so what the parser quotes of it is not told.
        Ok(text) => parsed(&text).ok_or_else(|| failed(&"it is not written as the AWS tools write it, `[profile]` and `name = value`")),
        Err(error) if is_absent(&error) => Ok(Ini::new_cs()),
        Err(error) => Err(failed(&error)),
    }
}

fn parsed(text: &str) -> Option<Ini> {
    let mut ini = Ini::new_cs();
    // `[default]` is a section like any other there.
    ini.set_default_section("");
    ini.read(text.to_owned()).ok().map(|_| ini)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "# keys\n[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key = a/b+c=\n\n[club]\naws_access_key_id=AKCLUB\naws_secret_access_key=s\naws_session_token=t\n";
    const CONFIG: &str = "[default]\nregion = eu-central-1\ns3 =\n  max_concurrent_requests = 20\n[profile club]\nregion = cn-north-1\n[profile sso]\nsso_session = corp\n";

    fn settings(name: &str, given: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
        let files = Files { credentials: parsed(CREDENTIALS).unwrap(), config: parsed(CONFIG).unwrap() };
        let place = PathBuf::from("/nowhere");
        let profile = Profile { credentials: place.clone(), config: place, name: name.to_owned(), is_named: name != "default" };
        profile.settings(&files, &pairs(given))
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_profile_gives_what_the_environment_leaves_open() {
        let keys = [("aws_access_key_id", "AKDEFAULT"), ("aws_secret_access_key", "a/b+c=")];
        let all = [keys[0], keys[1], ("aws_region", "eu-central-1")];
        assert_eq!(settings("default", &[]), Ok(pairs(&all)));
        assert_eq!(settings("default", &[("AWS_REGION", "us-east-1")]), Ok(pairs(&keys)));
        assert_eq!(settings("default", &[("AWS_DEFAULT_REGION", "us-east-1")]), Ok(pairs(&keys)));
        assert_eq!(settings("default", &[("AWS_ACCESS_KEY_ID", "other")]), Ok(pairs(&all[2..])), "no half of a pair");
        let club = settings("club", &[]).unwrap();
        assert!(
            club.contains(&("aws_session_token".to_owned(), "t".to_owned()))
                && club.contains(&("aws_region".to_owned(), "cn-north-1".to_owned()))
        );
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        assert_eq!(settings("nobody", &[]), Err("there is no profile `nobody`: correct AWS_PROFILE".to_owned()));
        let error = settings("sso", &[]).unwrap_err();
        assert!(error.contains("by `sso_session`") && error.contains("export-credentials --profile sso"), "{error}");
        assert!(settings("sso", &[("AWS_ACCESS_KEY_ID", "k")]).is_ok());
        assert!(parsed("[default\naws_secret_access_key = hush\n").is_none());
        assert_eq!(read(Path::new("/nowhere/none")).unwrap().sections(), Vec::<String>::new());
    }
}
