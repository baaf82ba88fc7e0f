//! Small operators that stand beside each other in a plan, made one: what lies between them takes longer than they do.
//! Must not know how they are computed, nor what they are called in a file.

mod draft;
mod program;
mod step;
mod view;

use self::draft::{Draft, is_small};
use super::kernel::wired_with;
use std::collections::{HashMap, HashSet};
use tract_onnx::prelude::{OutletId, SpecialOps, TVec, TractResult, TypedModel, TypedNode};
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::konst::Const;
use tract_onnx::tract_core::ops::source::TypedSource;

/// `model`, all of whose sizes are known, with the small operators between two large ones in one region.
pub(super) fn joined(model: &TypedModel) -> TractResult<TypedModel> {
    let order = model.eval_order()?;
    let mut small = HashSet::new();
    for node in &order {
        if is_small(model, model.node(*node))? {
            small.insert(*node);
        }
    }
    for node in alone(model, &order, &small) {
        small.remove(&node);
    }
    let ages = ages(model, &order, &small);
    let last = ages.values().copied().max().unwrap_or_default();
    let mut made = Made::new(model)?;
    for age in 0..=last {
        let now = || order.iter().copied().filter(|node| ages[node] == age);
        let nodes: Vec<usize> = now().filter(|node| small.contains(node)).collect();
        if !nodes.is_empty() {
            made.region(&format!("modelhost.region.{age}"), &nodes)?;
        }
        for node in now().filter(|node| !small.contains(node)) {
            made.node(model.node(node))?;
        }
    }
    made.ended()
}

/// How many times a way to each node goes from a large operator to a small one. Small ones of one age can run together:
/// between two of them lies no large one.
fn ages(model: &TypedModel, order: &[usize], small: &HashSet<usize>) -> HashMap<usize, usize> {
    let mut ages = HashMap::new();
    for id in order {
        let is_small = small.contains(id);
        let age_after = |input: &OutletId| {
            let node = model.node(input.node);
            let turns = is_small && !small.contains(&input.node) && !is_given(node);
            ages[&input.node] + usize::from(turns)
        };
        let age = model.node(*id).inputs.iter().map(age_after).max();
        ages.insert(*id, age.unwrap_or_default());
    }
    ages
}

fn is_given(node: &TypedNode) -> bool {
    node.op_is::<Const>() || node.op_is::<TypedSource>()
}

/// The small ones that gain nothing: those that have no small neighbour of their age, or whose neighbours move no number either.
fn alone(model: &TypedModel, order: &[usize], small: &HashSet<usize>) -> Vec<usize> {
    let ages = ages(model, order, small);
    let mut groups: HashMap<usize, usize> = HashMap::new();
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for id in order.iter().filter(|id| small.contains(id)) {
        let mut all = vec![*id];
        for input in &model.node(*id).inputs {
            let is_beside = small.contains(&input.node) && ages[&input.node] == ages[id];
            if let Some(group) = is_beside.then(|| groups[&input.node]) {
                all.extend(members.remove(&group).unwrap_or_default());
            }
        }
        groups.extend(all.iter().map(|member| (*member, *id)));
        members.insert(*id, all);
    }
    let is_still = |id: &usize| {
        let axes = model.node(*id).op_as::<AxisOp>();
        axes.is_some_and(|it| !matches!(it, AxisOp::Move(..)))
    };
    let gain_nothing = |group: &Vec<usize>| group.len() == 1 || group.iter().all(is_still);
    members
        .into_values()
        .filter(gain_nothing)
        .flatten()
        .collect()
}

/// The model that is made, and where the values of the old one are in it.
struct Made<'a> {
    old: &'a TypedModel,
    new: TypedModel,
    places: HashMap<OutletId, OutletId>,
}

impl<'a> Made<'a> {
    fn new(old: &'a TypedModel) -> TractResult<Made<'a>> {
        let mut made = Made {
            old,
            new: TypedModel {
                symbols: old.symbols.clone(),
                ..TypedModel::default()
            },
            places: HashMap::new(),
        };
        for input in old.input_outlets()? {
            let fact = old.outlet_fact(*input)?.clone();
            let source = made.new.add_source(&old.node(input.node).name, fact)?;
            made.places.insert(*input, source);
        }
        Ok(made)
    }

    fn node(&mut self, node: &TypedNode) -> TractResult<()> {
        if node.op_is::<TypedSource>() {
            return Ok(());
        }
        let inputs: TVec<OutletId> = node.inputs.iter().map(|it| self.places[it]).collect();
        // A file may call a node as it calls an input.
        let name = self.new.unique_name(&node.name).into_owned();
        let outlets = self.new.wire_node(name, node.op.clone(), &inputs)?;
        for (slot, outlet) in outlets.into_iter().enumerate() {
            self.places.insert(OutletId::new(node.id, slot), outlet);
        }
        Ok(())
    }

    fn region(&mut self, name: &str, nodes: &[usize]) -> TractResult<()> {
        let mut draft = Draft::default();
        for node in nodes {
            draft.add(self.old, self.old.node(*node))?;
        }
        let is_taken = |id: &&usize| {
            let takers = self.old.outlet_successors((**id).into());
            let ends = self.old.outputs.contains(&(**id).into());
            ends || takers.iter().any(|taker| !nodes.contains(&taker.node))
        };
        let taken: Vec<OutletId> = nodes
            .iter()
            .filter(is_taken)
            .map(|id| (*id).into())
            .collect();
        let (inputs, region) = draft.region(&taken)?;
        let inputs: TVec<OutletId> = inputs.iter().map(|it| self.places[it]).collect();
        let outlets = wired_with(region, taken.len(), name, &mut self.new, &inputs)?;
        self.places.extend(taken.into_iter().zip(outlets));
        Ok(())
    }

    fn ended(mut self) -> TractResult<TypedModel> {
        let outputs: Vec<OutletId> = self.old.outputs.iter().map(|it| self.places[it]).collect();
        self.new.select_output_outlets(&outputs)?;
        Ok(self.new)
    }
}
