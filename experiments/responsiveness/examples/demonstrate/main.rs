//! The same ways, so that you can feel them: a spinner that should turn evenly, and a counter of keys that should follow your
//! fingers.
//!
//! Run `cargo run -p responsiveness --example demonstrate` in a terminal, and press keys.

mod terminal;

use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lab::{Ending, Whole};
use responsiveness::ticker::{PERIOD, Ticker};
use responsiveness::{Load, VARIANTS, Variant};

use crate::terminal::Terminal;

/// Draw a spinner that turns at each tick, and count the keys that you press. The key `q` ends this.
///
/// Without a terminal, print a character for each tick.
#[derive(Parser)]
#[command(bin_name = "cargo run -p responsiveness --example demonstrate --")]
struct Arguments {
    /// Show each variant for this many seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "3",
        allow_negative_numbers = true
    )]
    seconds: Whole<1, 60, u32>,

    /// Show only this variant; you may give this flag several times
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
        "Press keys, and watch the spinner and the count. The key q ends this.\r\n"
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
            "\r{frames} of {ticks} frames drawn, {keys} keys pressed\x1b[K\r\n"
        )?;
        if quits {
            break;
        }
    }
    Ok(())
}

/// Without a terminal: a line for each way, and in it a character for each tick.
fn tell(ways: &[(Variant, Load)], ticks: u32) -> io::Result<()> {
    let say = |text: &str| {
        let mut out = io::stdout();
        let said = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        said.map_err(|error| {
            let why = format!("can't write to stdout: {error}; send it elsewhere");
            io::Error::new(error.kind(), why)
        })
    };
    say(
        "Each character is a tick: `.` is less than a quarter of a frame late, `o` less than a frame, and `X` more.\n",
    )?;
    for (way, load) in ways {
        let course = (way.run)(
            Ticker::new(ticks, &mut |_| ControlFlow::Continue(())),
            load,
        )?;
        let mut text = format!("\n{}\n", title(way, load));
        for (number, tick) in course.ticks.iter().enumerate() {
            if number > 0 && number % 60 == 0 {
                text.push('\n');
            }
            text.push(match Duration::from_nanos(tick.end - tick.start) {
                late if late < PERIOD / 4 => '.',
                late if late < PERIOD => 'o',
                _ => 'X',
            });
        }
        text.push('\n');
        say(&text)?;
    }
    Ok(())
}

const SPINNER: [char; 8] = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇', '⠏', '⠛'];

fn title(way: &Variant, load: &Load) -> String {
    let workers = if way.crowds.len() > 1 {
        format!(" (here {})", load.workers)
    } else {
        String::new()
    };
    format!("{}: {}{workers}", way.name, way.says)
}
