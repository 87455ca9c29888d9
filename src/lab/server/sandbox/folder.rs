//! The folder of a sandbox, private (mode 0700). A lock shows that its process lives, so the next start can remove what a
//! killed one left behind.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;

const PREFIX: &str = "two-tokens-lab-";
const LOCK: &str = "lock";
/// A folder without a lock that is younger may be one that another server is making at this moment.
const YOUNG: Duration = Duration::from_secs(60);

/// A folder that is removed with its sandbox.
pub struct SandboxFolder {
    folder: TempDir,
    _lock: File,
}

impl SandboxFolder {
    /// # Errors
    /// If the folder or its lock cannot be made.
    pub fn create() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.prefix(PREFIX).tempdir()?;
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { folder, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of servers that were killed.
pub fn remove_abandoned() {
    let Ok(entries) = std::env::temp_dir().read_dir() else { return };
    let ours = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    for folder in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(ours) {
        if is_abandoned(&folder) {
            // Another user's cannot be removed, and need not be.
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
}

fn is_abandoned(folder: &Path) -> bool {
    let Ok(metadata) = folder.symlink_metadata() else { return false };
    if !metadata.is_dir() {
        return false;
    }
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            metadata.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > YOUNG))
        }
        Err(_) => false,
    }
}
