//! Which problems show only in a plan? Their codes and names, which docs/reference.md explains.

use crate::report::Code;

/// There is no way to a server.
pub(super) const UNREACHABLE: Code = Code("MIG6001", "server_cannot_be_reached");
/// The kind of move is known to checks only.
pub(super) const CHECKED_ONLY: Code = Code("MIG6002", "move_is_checked_only");
/// Nothing on the other side is the service that moves.
pub(super) const NO_SOURCE: Code = Code("MIG6003", "moved_service_not_found");
/// A finished move was changed.
pub(super) const FINISHED_MOVE: Code = Code("MIG6004", "finished_move_changed");
/// A service would start on another server without its data.
pub(super) const LEFT_BEHIND: Code = Code("MIG6005", "service_would_leave_its_data");
/// A value is needed now and known later.
pub(super) const KNOWN_TOO_LATE: Code = Code("MIG6006", "value_known_too_late");
/// Services need each other.
pub(super) const CIRCLE: Code = Code("MIG6007", "services_need_each_other");
/// The state is another project's.
pub(super) const OTHER_PROJECT: Code = Code("MIG6008", "state_of_another_project");

/// A lifecycle asks for what no step does.
pub(super) const NOT_CARRIED_OUT: Code = Code("MIG6015", "lifecycle_not_carried_out");
/// A name has records that migc did not make.
pub(super) const RECORD_OF_ANOTHER: Code = Code("MIG6016", "record_of_another");

/// `@moved` names what is still declared, or what another became.
pub(super) const MOVED_NAME_IN_USE: Code = Code("MIG6010", "moved_name_in_use");
/// `@moved` has nothing to move.
pub(super) const USELESS_MOVED: Code = Code("MIG6011", "useless_moved");
/// What only grows would be lowered.
pub(super) const LOWERED: Code = Code("MIG6012", "growing_field_lowered");
/// What is fixed would change.
pub(super) const FIXED_CHANGED: Code = Code("MIG6013", "fixed_field_changed");
/// What is kept would be replaced or destroyed.
pub(super) const KEPT: Code = Code("MIG6014", "kept_would_be_lost");

/// A copy is used that nothing proves.
pub(super) const COPY_NOT_PROVEN: Code = Code("MIG6020", "copy_not_proven");
/// Both sides of a service may run at once.
pub(super) const TWO_WRITERS: Code = Code("MIG6021", "two_writers");
/// A move may pass what it cannot undo.
pub(super) const NO_WAY_BACK: Code = Code("MIG6022", "no_way_back");
/// A copy may overwrite what nobody looked at.
pub(super) const OVER_UNKNOWN_DATA: Code = Code("MIG6023", "copy_over_unknown_data");
/// Something on the source of a copy may be deleted before the copy was compared.
pub(super) const SOURCE_DELETED: Code = Code("MIG6024", "source_deleted_before_comparison");
/// A step may cut the road to its host, and nothing there brings it back.
pub(super) const ROAD_CUT: Code = Code("MIG6025", "road_cut_without_undo");

/// The source of a move that is not confirmed would lose something.
pub(super) const WAY_BACK_DESTROYED: Code = Code("MIG6026", "way_back_destroyed");

/// All of them.
pub(crate) const ALL: [Code; 22] = [
    UNREACHABLE,
    CHECKED_ONLY,
    NO_SOURCE,
    FINISHED_MOVE,
    LEFT_BEHIND,
    KNOWN_TOO_LATE,
    CIRCLE,
    OTHER_PROJECT,
    MOVED_NAME_IN_USE,
    USELESS_MOVED,
    LOWERED,
    FIXED_CHANGED,
    KEPT,
    NOT_CARRIED_OUT,
    RECORD_OF_ANOTHER,
    COPY_NOT_PROVEN,
    TWO_WRITERS,
    NO_WAY_BACK,
    OVER_UNKNOWN_DATA,
    SOURCE_DELETED,
    ROAD_CUT,
    WAY_BACK_DESTROYED,
];
