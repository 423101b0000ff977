//! Where does a way lead back to itself? Of modules, functions and kinds alike: a graph is walked, and each circle that is met is told once.

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    /// On the way that is walked.
    Open,
    Done,
}

/// Depth first and without recursion, for chains may be as long as programs are.
///
/// `next(node, n)` is where the nth edge of a node leads. `met` gets the nodes of a circle in their order, each with the number of the
/// edge that leads on; that of the last closes it.
pub(crate) fn circles(nodes: usize, next: impl Fn(usize, usize) -> Option<usize>, mut met: impl FnMut(&[(usize, usize)])) {
    let mut marks = vec![Mark::New; nodes];
    for start in 0..nodes {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Open;
        // Each with the number of edges that were followed.
        let mut way = vec![(start, 0)];
        while let Some((at, followed)) = way.last_mut() {
            let Some(target) = next(*at, *followed) else {
                marks[*at] = Mark::Done;
                way.pop();
                continue;
            };
            *followed += 1;
            match marks[target] {
                Mark::New => {
                    marks[target] = Mark::Open;
                    way.push((target, 0));
                }
                Mark::Open => {
                    let circle = way.iter().skip_while(|(node, _)| *node != target);
                    met(&circle.map(|(node, followed)| (*node, followed - 1)).collect::<Vec<_>>());
                }
                Mark::Done => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::circles;

    fn found(graph: &[&[usize]]) -> Vec<Vec<(usize, usize)>> {
        let mut found = vec![];
        circles(graph.len(), |node, edge| graph[node].get(edge).copied(), |circle| found.push(circle.to_vec()));
        found
    }

    #[test]
    fn each_circle_is_met_once_with_its_way() {
        assert_eq!(found(&[&[1], &[2, 3], &[], &[]]), Vec::<Vec<_>>::new());
        assert_eq!(found(&[&[0]]), [[(0, 0)]]);
        assert_eq!(found(&[&[1], &[3, 2], &[1], &[]]), [[(1, 1), (2, 0)]]);
        assert_eq!(found(&[&[1, 0], &[0]]), [vec![(0, 0), (1, 0)], vec![(0, 1)]]);
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let nodes = 1_000_000;
        let mut lengths = vec![];
        circles(nodes, |node, edge| (edge == 0).then_some((node + 1) % nodes), |circle| lengths.push(circle.len()));
        assert_eq!(lengths, [nodes]);
    }
}
