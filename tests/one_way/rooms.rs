//! The order of the rooms, and the imports that go up in it.

use std::collections::BTreeSet;

use super::{
    graph::{Import, imports},
    source::Source,
};

/// Lowest first: a file may name what stands in its own room and in those before it. By path below `src/`; where several
/// fit, the longest counts. There are no exceptions.
pub const ROOMS: [&str; 19] = [
    "dom.rs",
    "request_id.rs",
    "clock/",
    "lang/",
    "base_path/",
    "protocol/",
    "auth/",
    "store/",
    "api/edge/",
    "api/transport/",
    "api/",
    "client/",
    "ui/",
    "notes/",
    "app.rs",
    "server/",
    "lab/",
    // Not a room to import from: it names every other, and no file below may name what stands in it.
    "lib.rs",
    "main.rs",
];

pub fn room(path: &str) -> Option<usize> {
    let below = path.strip_prefix("src/")?;
    let fits = |room: &str| if room.ends_with('/') { below.starts_with(room) } else { below == room };
    let fitting = (0..ROOMS.len()).filter(|room| fits(ROOMS[*room]));
    fitting.max_by_key(|room| ROOMS[*room].len())
}

fn name(room: usize) -> &'static str {
    ROOMS[room].trim_end_matches('/')
}

/// What is wrong with these files, one line each.
pub fn wrong_ways(sources: &[Source]) -> Vec<String> {
    let homeless = sources.iter().filter(|source| room(&source.path).is_none());
    let homeless = homeless.map(|source| format!("{} stands in no room of the list", source.path));
    let imports = imports(sources);
    // A name that a `use` brought in is told once, there, and not wherever it stands.
    let told: BTreeSet<_> = imports.iter().filter(|import| !import.by_name).map(way).collect();
    let ways = imports.iter().filter(|import| !import.by_name || !told.contains(&way(import)));
    homeless.chain(ways.filter_map(goes_up)).collect()
}

/// From which file to which.
fn way(import: &Import) -> (&str, Option<&str>) {
    (&import.from, import.to.as_deref())
}

fn goes_up(import: &Import) -> Option<String> {
    let (from, to) = (room(&import.from)?, room(import.to.as_ref()?)?);
    let (here, there) = (name(from), name(to));
    let (file, line, path) = (&import.from, import.line, import.text());
    (to > from).then(|| format!("{file}:{line}: room {here} imports room {there} ({path}), which stands above it"))
}
