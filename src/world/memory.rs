//! The memory of this process, which holds tokens: no crash writes it to disk, nobody else reads it.

/// From here on, a crash leaves no core file. On Linux, other processes of this user cannot read this one's memory or
/// environment either, and a handler that core files are piped to gets none. A system that refuses is left as it is:
/// that is no reason not to deploy.
pub fn keep_memory_private() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    }
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
