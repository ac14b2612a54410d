//! The table of failure codes. Each row has a section of the same name in `docs/errors.md`; a test keeps the two equal.

/// The exit codes that every binary uses. They are part of the contract with CI scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed; nothing else fits.
    Failed = 1,
    /// Bad input: found before any network call.
    BadInput = 2,
    /// Sign-in failed.
    SignIn = 3,
    /// Azure refused, answered nonsense, or could not be reached.
    Azure = 4,
    /// Timed out; the operation may still be running and can be resumed.
    TimedOut = 5,
    /// Failed, and everything is back as it was.
    RolledBack = 6,
    /// Failed, and the roll-back failed as well.
    RollBackFailed = 7,
    /// A rendered file is not there.
    Missing = 10,
    /// A rendered file is rendered no more.
    Orphan = 11,
    /// A rendered file is not what its config says now.
    Stale = 12,
    /// A rendered file was edited.
    Edited = 13,
    /// Something else is in the place of a rendered file.
    NotOurs = 14,
    /// Cancelled by a signal.
    Cancelled = 130,
}

/// One row: a stable id, the exit code that it leads to, and a title of a few words.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `SID` and four digits; never reused.
    pub id: &'static str,
    /// The process's exit code.
    pub exit: Exit,
    /// The heading of its section in `docs/errors.md`.
    pub title: &'static str,
}

macro_rules! codes {
    ($($name:ident = $id:literal, $exit:ident, $title:literal;)*) => {
        $(#[doc = concat!("`", $id, "`: ", $title, ".")]
        pub static $name: Code = Code { id: $id, exit: Exit::$exit, title: $title };)*
        /// Every code, in the order of their ids.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

/// The codes themselves, by name.
pub mod code {
    use super::{Code, Exit};

    codes! {
        BAD_INPUT = "SID0001", BadInput, "bad input";
        PACKAGE_MISSING = "SID0002", BadInput, "the package does not exist, is empty or cannot be read";
        PACKAGE_UNSAFE = "SID0003", BadInput, "the package holds something that must not be deployed";
        PORT_IN_USE = "SID0004", BadInput, "the port is in use";
        FILE = "SID0005", Failed, "a file cannot be read or written";
        NO_CA_CERTIFICATES = "SID0006", Azure, "this machine has no CA certificates";
        PACKAGE_NOT_EXPECTED = "SID0007", Failed, "the package is not the one that was expected";
        NO_IDENTITY = "SID0101", SignIn, "no identity in this environment";
        ID_TOKEN_REFUSED = "SID0102", SignIn, "the CI host gave no id token";
        ENTRA_REFUSED = "SID0103", SignIn, "Entra refused the sign-in";
        FEDERATION_MISMATCH = "SID0104", SignIn, "no federated credential matches the token";
        APPLICATION_UNKNOWN = "SID0105", SignIn, "the application or tenant is not known";
        CLIENT_SECRET_REFUSED = "SID0106", SignIn, "the client secret is wrong or has expired";
        ASSERTION_EXPIRED = "SID0107", SignIn, "the assertion is outside its validity";
        FORK = "SID0108", SignIn, "a run that comes from a fork does not sign in";
        UNEXPECTED_ANSWER = "SID0201", Azure, "a server answered something else than its contract says";
        UNREACHABLE = "SID0202", Azure, "a server cannot be reached";
        FOREIGN_REDIRECT = "SID0203", Azure, "a server redirected to another host";
        FORBIDDEN = "SID0204", Azure, "the identity has no right to do this";
        NOT_FOUND = "SID0205", Azure, "the resource does not exist";
        CONFLICT = "SID0206", Azure, "another operation is in the way";
        THROTTLED = "SID0207", Azure, "Azure is throttling this identity";
        SERVER_ERROR = "SID0208", Azure, "Azure has a problem of its own";
        REFUSED = "SID0209", Azure, "Azure refused the request";
        UNAUTHORIZED = "SID0210", Azure, "Azure did not accept the token";
        DEPLOYMENT_LOCKED = "SID0301", Azure, "another deployment holds the lock";
        RUN_FROM_PACKAGE_URL = "SID0302", Azure, "the site runs from a package URL and cannot be deployed to";
        BUILD_FAILED = "SID0303", Failed, "the deployment failed on the server";
        FILES_NOT_DEPLOYED = "SID0304", Failed, "the server said success, but files were not deployed";
        APP_DID_NOT_START = "SID0305", Failed, "the app did not start after the deployment";
        DEPLOYMENT_TIMED_OUT = "SID0306", TimedOut, "the deployment is still running";
        SWAP_NO_GO = "SID0401", Failed, "the pre-flight found a reason not to swap";
        SWAP_FAILED = "SID0402", Failed, "the swap failed and production is untouched";
        SWAP_NOT_PROVEN = "SID0403", Failed, "Azure reported a swap that cannot be proven";
        SWAPPED_BACK = "SID0404", RolledBack, "the release failed after the swap and was swapped back";
        SWAP_BACK_FAILED = "SID0405", RollBackFailed, "the release failed after the swap and could not be swapped back";
        SWAP_TIMED_OUT = "SID0406", TimedOut, "the swap is still running";
        ROLL_BACK_REFUSED = "SID0407", Failed, "nothing proves which swap to undo";
        RAMP_STOPPED = "SID0408", RolledBack, "the ramp-up was stopped and all traffic is back";
        RAMP_NOT_TAKEN_BACK = "SID0409", RollBackFailed, "traffic could not be taken back from the slot";
        PREVIEW_NOT_CANCELLED = "SID0410", RollBackFailed, "a preview could not be cancelled";
        VAULT_CHALLENGE = "SID0501", Azure, "the vault's challenge is not to be trusted";
        SECRET_UNUSABLE = "SID0502", Failed, "a secret is disabled, expired or empty";
        SECRET_NOT_FOUND = "SID0503", Failed, "a secret does not exist in the vault";
        VAULT_FORBIDDEN = "SID0504", Azure, "the vault refused the identity or the address";
        SECRET_NAME_UNSAFE = "SID0505", BadInput, "a secret would become a dangerous variable";
        CHECK_FAILED = "SID0601", Failed, "a check did not pass before its deadline";
        CONFIGURATION = "SID0701", BadInput, "the configuration cannot be used as it is";
        POLICY = "SID0702", BadInput, "the plan breaks a rule";
        RENDERED_MISSING = "SID0711", Missing, "a rendered file is missing";
        RENDERED_ORPHAN = "SID0712", Orphan, "a rendered file is rendered no more";
        RENDERED_STALE = "SID0713", Stale, "a rendered file is not what its config says now";
        RENDERED_EDITED = "SID0714", Edited, "a rendered file was edited";
        NOT_RENDERED = "SID0715", NotOurs, "a file that siding did not write is in the place of a rendered one";
        PROGRAM_MISSING = "SID0801", Failed, "the program of an action could not be had";
        CANCELLED = "SID0901", Cancelled, "cancelled";
        BUG = "SID0902", Failed, "a bug in siding";
    }
}

pub use code::ALL;
