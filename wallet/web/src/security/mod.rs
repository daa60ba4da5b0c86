//! What keeps others out: other web sites in the same browser, other programs on the same machine without the start link, and
//! people at an unattended screen.

pub(crate) mod forms;
pub(crate) mod headers;
pub(crate) mod origin;
pub(crate) mod session;
pub(crate) mod throttle;
pub(crate) mod token;
