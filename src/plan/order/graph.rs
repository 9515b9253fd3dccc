//! Which writes must come after which, as a graph: its knots are what no order of the writes alone can keep safe.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::choice::AFTER;
use super::search::{Search, Step};

impl Search<'_> {
    /// The actors of each knot, by address: writes each of which must wait for another one of them. The state is where the
    /// plan begins, and is there again afterwards.
    pub(super) fn knots(&mut self) -> Vec<Vec<usize>> {
        let open: Vec<usize> = (0..self.state.len()).filter(|actor| self.state[*actor] != AFTER).collect();
        let mut graph: DiGraph<usize, ()> = DiGraph::new();
        let nodes: Vec<NodeIndex> = open.iter().map(|actor| graph.add_node(*actor)).collect();
        for (late, &actor) in open.iter().enumerate() {
            let step = Step { actor, from: self.state[actor], to: AFTER };
            let broken: Vec<usize> = self.newly_broken(step).collect();
            for index in broken {
                for (early, &other) in open.iter().enumerate().filter(|(early, _)| *early != late) {
                    if self.is_helped_by(step, other, index) {
                        graph.update_edge(nodes[early], nodes[late], ());
                    }
                }
            }
        }
        let mut knots: Vec<Vec<usize>> = tarjan_scc(&graph)
            .into_iter()
            .filter(|knot| knot.len() > 1)
            .map(|knot| knot.into_iter().map(|node| graph[node]).collect())
            .collect();
        knots.iter_mut().for_each(|knot: &mut Vec<usize>| knot.sort_unstable());
        knots.sort();
        knots
    }

    /// Whether a requirement that a step breaks holds once another actor looks as it shall.
    fn is_helped_by(&mut self, step: Step, other: usize, index: usize) -> bool {
        let now = std::mem::replace(&mut self.state[other], AFTER);
        let there = self.there(Some((step.actor, step.to)));
        self.state[other] = now;
        self.requirements.holds(self.world, index, &there)
    }
}
