//! Gaussian elimination: a circuit has no free variables besides committed values and wires, so the other witnesses are
//! solved for, each with one equation that is then gone.

use std::collections::BTreeMap;

use ark_ff::{Field, Zero};

use super::linear::{Atom, Atoms, Equation, Lc, merged};
use crate::frontend::Fr;

/// Definitions longer than this are not substituted, to keep the matrix sparse.
const MAX_DEFINITION: usize = 48;

/// What a witness is in terms of other atoms.
struct Definition {
    /// Definitions are numbered as they are made, and mention only what was undefined by then: each leads to later ones.
    number: usize,
    terms: Lc,
}

/// The witnesses solved for so far.
pub(super) struct Eliminator {
    atoms: Atoms,
    made: usize,
    /// By variable.
    definitions: Vec<Option<Definition>>,
}

impl Eliminator {
    pub(super) fn new(atoms: Atoms) -> Self {
        let definitions = (0..atoms.variables).map(|_| None).collect();
        Eliminator { atoms, made: 0, definitions }
    }

    fn definition(&self, atom: usize) -> Option<&Definition> {
        self.definitions.get(atom).and_then(Option::as_ref)
    }

    /// Whether this is a witness that nothing defines yet.
    pub(super) fn is_unknown(&self, atom: usize) -> bool {
        matches!(self.atoms.kind(atom), Atom::Witness) && self.definition(atom).is_none()
    }

    /// Substitutes definitions until none applies: each at most once, since it leads to later ones only.
    pub(super) fn expand(&self, terms: &Lc) -> Lc {
        let mut out = Lc::with_capacity(terms.len());
        let mut pending: BTreeMap<usize, (&Definition, Fr)> = BTreeMap::new();
        let mut add = |pending: &mut BTreeMap<_, (_, Fr)>, atom, factor: Fr| match self.definition(atom) {
            Some(definition) => {
                pending.entry(definition.number).or_insert((definition, Fr::zero())).1 += factor;
            }
            None => out.push((atom, factor)),
        };
        terms.iter().for_each(|(atom, factor)| add(&mut pending, *atom, *factor));
        while let Some((_, (definition, factor))) = pending.pop_first() {
            definition.terms.iter().for_each(|(atom, inner)| add(&mut pending, *atom, *inner * factor));
        }
        merged(out)
    }

    /// Uses `terms = 0`, expanded, to define the atom of one of the terms.
    fn define(&mut self, terms: &Lc, (atom, coefficient): (usize, Fr)) {
        // Coefficients of merged terms are not zero, and only variables are unknown.
        let (Some(inverse), Some(place)) = (coefficient.inverse(), self.definitions.get_mut(atom)) else { return };
        let others = terms.iter().filter(|term| term.0 != atom);
        *place = Some(Definition {
            number: self.made,
            terms: others.map(|(other, factor)| (*other, -*factor * inverse)).collect(),
        });
        self.made += 1;
    }

    /// Solves for witnesses and returns the equations that are left, in terms of the rest.
    pub(super) fn solve(&mut self, equations: &[Equation]) -> Vec<Lc> {
        let mut done = vec![false; equations.len()];
        // Witnesses that are a wire, up to a factor and a constant: their definitions are the shortest.
        for (equation, done) in equations.iter().zip(&mut done) {
            if !equation.ties || equation.terms.len() > 3 {
                continue;
            }
            let mut variables = equation.terms.iter().filter(|term| term.0 != 0 && term.0 < self.atoms.variables);
            if let (Some(&term), None) = (variables.next(), variables.next())
                && self.is_unknown(term.0)
            {
                self.define(&equation.terms, term);
                *done = true;
            }
        }
        // Then any, and those last that would cost a wire its meaning.
        for ties in [false, true] {
            for (equation, done) in equations.iter().zip(&mut done) {
                if *done || equation.ties != ties {
                    continue;
                }
                let terms = self.expand(&equation.terms);
                if terms.len() > MAX_DEFINITION {
                    continue;
                }
                if let Some(&term) = terms.iter().rev().find(|term| self.is_unknown(term.0)) {
                    self.define(&terms, term);
                    *done = true;
                }
            }
        }
        let left = equations.iter().zip(&done).filter(|(_, done)| !**done);
        left.map(|(equation, _)| self.expand(&equation.terms)).filter(|terms| !terms.is_empty()).collect()
    }

    /// What a witness is in terms of atoms that nothing defines; `None` if it is one of these itself.
    #[cfg(test)]
    pub(super) fn solution(&self, atom: usize) -> Option<Lc> {
        self.definition(atom).map(|definition| self.expand(&definition.terms))
    }
}
