//! What compiler and runtime agree on: diagnostics, facts, plans, state. Data only, serialised with versions.
//!
//! Knows neither sources, types and kinds, nor SSH, time and files.

pub mod before;
pub mod call;
pub mod container;
pub mod diagnostic;
pub mod digest;
pub mod facts;
pub mod fold;
pub mod forecast;
pub mod form;
pub mod journal;
pub mod names;
pub mod observe;
pub mod plan;
pub mod proof;
pub mod reverse;
pub mod secret;
pub mod tree;
pub mod visible;

pub use before::Before;
pub use call::{Call, Condition, Cut, CutUndo, Difference, Expected, Input, Look, Part, Request, Seen, Selector, Verb};
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Position, Report, Severity, Span, Summary, Unproven};
pub use digest::Digest;
pub use facts::Facts;
pub use fold::Fold;
pub use journal::{Entry, Outcome, Record, Recorded, Removal, ResourceState, RunEnd, State};
pub use names::{NameChange, NameKey, NameRequest, RecordSet};
pub use observe::{Ask, Change, Drift, Observation, Observed, Partial, Read, Reads, Unseen};
pub use plan::{
    Action, Class, ContainerSpec, EnvValue, Estimate, Forecast, Hook, Host, HostId, KnownTree, Login, Mount, MoveSummary, Origin, Phase,
    Plan, Precondition, Probe, Publish, Requirement, Step, StepId, Tree, Undo,
};
pub use secret::SecretSource;
