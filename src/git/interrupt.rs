//! Interrupts, put off while something must come to its end.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_default};

/// The user has interrupted the program: what it was to do is not done, and what it had begun is
/// taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// While it is kept, an interrupt does not end the program. Those that the program has started get
/// it all the same, if it came from the keyboard: a `git commit` ends, and what was written for it
/// can be put back.
#[derive(Debug)]
pub struct Unbroken {
    signals: Option<&'static Signals>,
}

/// What the handlers of the signals read and write.
#[derive(Debug)]
struct Signals {
    /// Whether a signal does what it usually does: end the program.
    ends: Arc<AtomicBool>,
    /// Whether one has come since it does not.
    came: Arc<AtomicBool>,
}

static SIGNALS: OnceLock<Option<Signals>> = OnceLock::new();

impl Unbroken {
    /// Puts interrupts off. Where the system cannot do that, they end the program as always.
    #[must_use]
    pub fn begin() -> Self {
        let signals = SIGNALS.get_or_init(|| Signals::handled().ok()).as_ref();
        if let Some(signals) = signals {
            signals.came.store(false, Ordering::SeqCst);
            signals.ends.store(false, Ordering::SeqCst);
        }
        Self { signals }
    }

    /// Returns whether an interrupt has come.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        let came = |signals: &Signals| signals.came.load(Ordering::SeqCst);
        self.signals.is_some_and(came)
    }
}

impl Drop for Unbroken {
    fn drop(&mut self) {
        if let Some(signals) = self.signals {
            signals.ends.store(true, Ordering::SeqCst);
        }
    }
}

impl Signals {
    /// Takes the signals over; until one is put off they do what they did.
    fn handled() -> io::Result<Self> {
        let signals = Self {
            ends: Arc::new(AtomicBool::new(true)),
            came: Arc::default(),
        };
        for signal in [SIGINT, SIGTERM] {
            register_conditional_default(signal, Arc::clone(&signals.ends))?;
            register(signal, Arc::clone(&signals.came))?;
        }
        Ok(signals)
    }
}
