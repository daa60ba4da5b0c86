//! Compiled circuits: each hangs on the shape of its statement only, so the ones used last are kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    Error,
    bridge::{Compiled, compile},
    frontend::{Builder, Result as Synthesis},
};

/// Most circuits that are kept of one statement.
const KEPT: usize = 8;

/// The circuits of one statement, by shape, the one used last in front.
pub(crate) struct Cache<S>(Mutex<VecDeque<(S, Arc<Compiled>)>>);

impl<S: Clone + PartialEq> Cache<S> {
    pub(crate) const fn new() -> Self {
        Cache(Mutex::new(VecDeque::new()))
    }

    /// The circuit of a shape, built if it is not kept. Nobody waits while it is built.
    pub(crate) fn get(
        &self,
        shape: &S,
        build: impl FnOnce(&mut Builder) -> Synthesis<()>,
    ) -> Result<Arc<Compiled>, Error> {
        if let Some(kept) = self.used(shape) {
            return Ok(kept);
        }
        let mut builder = Builder::shape();
        build(&mut builder)?;
        let circuit = Arc::new(compile(&builder)?);
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        circuits.retain(|(other, _)| other != shape);
        circuits.push_front((shape.clone(), circuit.clone()));
        circuits.truncate(KEPT);
        Ok(circuit)
    }

    fn used(&self, shape: &S) -> Option<Arc<Compiled>> {
        let mut circuits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = circuits.iter().position(|(other, _)| other == shape)?;
        let found = circuits.remove(place)?;
        let circuit = found.1.clone();
        circuits.push_front(found);
        Some(circuit)
    }
}
