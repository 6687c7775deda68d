//! The same ways, to be felt: a spinner that should turn evenly, and a counter of keys that should follow the fingers.

use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::time::Duration;

use crate::terminal::Terminal;
use crate::ticker::{PERIOD, Ticker};
use crate::{Load, Variant};

/// Runs each of these ways for so many ticks; in a terminal it draws at each tick and counts keys, until `q` is pressed.
///
/// # Errors
/// The system refuses a way what it needs, or stdout can't be written. A reader that has left is no error.
pub fn demonstrate(ways: &[(Variant, Load)], ticks: u32) -> io::Result<()> {
    let shown = if Terminal::is_there() { draw(ways, ticks) } else { tell(ways, ticks) };
    match shown {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        shown => shown,
    }
}

fn draw(ways: &[(Variant, Load)], ticks: u32) -> io::Result<()> {
    let terminal = Terminal::take()?;
    let mut out = io::stdout();
    write!(out, "Press keys and watch both, the spinner and the count. q ends it.\r\n")?;
    let mut quits = false;
    for (way, load) in ways {
        write!(out, "\r\n{}\r\n", title(way, load))?;
        let (mut frames, mut keys, mut failed) = (0, 0, None);
        let mut frame = |late: Duration| {
            let pressed = terminal.keys();
            keys += pressed.len();
            quits = pressed.contains(&b'q');
            let spinner = SPINNER[frames % SPINNER.len()];
            frames += 1;
            let late = late.as_secs_f64() * 1e3;
            let drawn = write!(out, "\r{spinner} {keys} keys, {late:.1} ms late\x1b[K").and_then(|()| out.flush());
            failed = drawn.err();
            if quits || failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        (way.run)(Ticker::new(ticks, &mut frame), load)?;
        failed.map_or(Ok(()), Err)?;
        write!(out, "\r{frames} frames in the time of {ticks}, {keys} keys\x1b[K\r\n")?;
        if quits {
            break;
        }
    }
    Ok(())
}

/// Without a terminal: a line for each way, and in it a sign for each tick.
fn tell(ways: &[(Variant, Load)], ticks: u32) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "Each tick is a sign: `.` less than a quarter of a frame late, `o` less than a frame, `X` more.")?;
    for (way, load) in ways {
        let course = (way.run)(Ticker::new(ticks, &mut |_| ControlFlow::Continue(())), load)?;
        writeln!(out, "\n{}", title(way, load))?;
        let signs: Vec<u8> =
            course.ticks.iter().map(|tick| sign(Duration::from_nanos(tick.end - tick.start))).collect();
        for line in signs.chunks(60) {
            out.write_all(line)?;
            writeln!(out)?;
        }
    }
    out.flush()
}

const SPINNER: [char; 8] = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇', '⠏', '⠛'];

fn title(way: &Variant, load: &Load) -> String {
    let workers = if load.workers > 1 { format!(" ({} of them)", load.workers) } else { String::new() };
    format!("{}: {}{workers}", way.name, way.says)
}

fn sign(late: Duration) -> u8 {
    match late {
        late if late < PERIOD / 4 => b'.',
        late if late < PERIOD => b'o',
        _ => b'X',
    }
}
