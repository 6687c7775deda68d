//! The same ways, to be felt: a spinner that should turn evenly, and a counter of keys that should follow your fingers.
//!
//! Run `cargo run -p responsiveness --example demonstrate` in a terminal, and press keys.

mod terminal;

use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lab::{Ending, Span, Whole};
use responsiveness::ticker::{PERIOD, Ticker};
use responsiveness::{Load, VARIANTS, Variant};

use crate::terminal::Terminal;

/// Feel it: a spinner that turns at each tick, and a counter of your keys. `q` ends it.
///
/// Without a terminal, each tick is a sign.
#[derive(Parser)]
#[command(bin_name = "cargo run -p responsiveness --example demonstrate --")]
struct Arguments {
    /// How long each variant is shown
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "3",
        allow_negative_numbers = true
    )]
    seconds: Whole<1, 60, u32>,

    /// Show only this variant, and others that are named so
    #[arg(long, value_name = "NAME", value_parser = VARIANTS.map(|variant| variant.name))]
    variant: Vec<String>,
}

fn main() -> ExitCode {
    let arguments: Arguments = base::arguments::parse();
    let (job, ticks) = (Duration::from_millis(50), 60 * arguments.seconds.0);
    let wanted = |way: &Variant| {
        arguments.variant.is_empty()
            || arguments.variant.iter().any(|name| name == way.name)
    };
    let crowds = |way: Variant| {
        way.crowds.iter().map(move |&workers| (way, Load { workers, job }))
    };
    let ways: Vec<_> =
        VARIANTS.into_iter().filter(wanted).flat_map(crowds).collect();
    lab::run(|| {
        match if Terminal::is_there() {
            draw(&ways, ticks)
        } else {
            tell(&ways, ticks)
        } {
            // A reader that has left is no error.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(Ending::Shown),
        }
    })
}

/// In a terminal: draws at each tick and counts keys, until `q` is pressed.
fn draw(ways: &[(Variant, Load)], ticks: u32) -> io::Result<()> {
    let terminal = Terminal::take()?;
    let mut out = io::stdout();
    write!(
        out,
        "Press keys and watch both, the spinner and the count. q ends it.\r\n"
    )?;
    let mut quits = false;
    for (way, load) in ways {
        write!(out, "\r\n{}\r\n", title(way, load))?;
        let (mut frames, mut keys) = (0, 0);
        let mut frame = |late: Duration| {
            let pressed = terminal.keys();
            keys += pressed.len();
            quits = pressed.contains(&b'q');
            let spinner = SPINNER[frames % SPINNER.len()];
            frames += 1;
            let late = late.as_secs_f64() * 1e3;
            let drawn =
                write!(out, "\r{spinner} {keys} keys, {late:.1} ms late\x1b[K")
                    .and_then(|()| out.flush());
            if quits || drawn.is_err() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        (way.run)(Ticker::new(ticks, &mut frame), load)?;
        write!(
            out,
            "\r{frames} frames in the time of {ticks}, {keys} keys\x1b[K\r\n"
        )?;
        if quits {
            break;
        }
    }
    Ok(())
}

/// Without a terminal: a line for each way, and in it a sign for each tick.
fn tell(ways: &[(Variant, Load)], ticks: u32) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(
        out,
        "Each tick is a sign: `.` less than a quarter of a frame late, `o` less than a frame, `X` more."
    )?;
    for (way, load) in ways {
        let course = (way.run)(
            Ticker::new(ticks, &mut |_| ControlFlow::Continue(())),
            load,
        )?;
        writeln!(out, "\n{}", title(way, load))?;
        let sign = |tick: &Span| match Duration::from_nanos(tick.end - tick.start) {
            late if late < PERIOD / 4 => b'.',
            late if late < PERIOD => b'o',
            _ => b'X',
        };
        for line in course.ticks.iter().map(sign).collect::<Vec<u8>>().chunks(60) {
            out.write_all(&[line, b"\n"].concat())?;
        }
    }
    out.flush()
}

const SPINNER: [char; 8] = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇', '⠏', '⠛'];

fn title(way: &Variant, load: &Load) -> String {
    let workers = if load.workers > 1 {
        format!(" ({} of them)", load.workers)
    } else {
        String::new()
    };
    format!("{}: {}{workers}", way.name, way.says)
}
