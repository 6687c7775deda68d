'use strict';

// The game of interleavings, in lanes: time goes to the right, a column for each step; A above, B below, and between them
// what they share. The explorer has put every state of a program into the page, and the reader decides who goes next.
// `pages/machines/lanes.rs` makes the data and the words in it. It also draws this picture, of one way, for paper.
machine('lanes', ({ board, data: { runs, said }, draw, say, begin }) => {
    const [choices, shares, edges, [picture], [sight]] = ['.choice button', '.shares', '.edge', '.picture', '.sight'].map(part => [...board.querySelectorAll(part)]);
    const [names, both] = ['AB', [0, 1]];
    let run = runs[0];

    // A state is a row of numbers: the states after a step of A and of B, the registers, what they share (cells of memory,
    // and the holders of locks), how many ways lead on from here, and the number of its end.
    const node = number => {
        const width = run.rows.length + 6;
        const row = run.states.slice(number * width, (number + 1) * width);
        return { next: row.slice(0, 2), registers: row.slice(2, 4), rows: row.slice(4, -2), out: row.at(-2), end: row.at(-1) };
    };
    const step = ({ done }, worker) => run.code[worker][done[worker]];
    // The row that a step is about, if any: `load x` about x's.
    const place = ({ done }, worker) => run.places[worker][done[worker]];
    // A register is stale once what it was loaded from is there no more. Each change of a row is named by its column.
    const isStale = ({ registers, seen, changed }, worker) => registers[worker] !== null && seen[worker] && !changed.includes(seen[worker]);

    // The row of the lock that a worker waits for.
    const waits = (state, worker) => state.next[worker] < 0 ? place(state, worker) : -1;
    const waiters = state => both.filter(worker => waits(state, worker) >= 0);

    // ---- Words ----

    const holds = ({ registers, rows }) => [
        ...registers.map((value, worker) => value !== null && `${names[worker]}'s register is ${value}`),
        ...rows.map((value, row) => `${run.rows[row]} is ${row < run.cells ? value : value < 0 ? 'free' : 'held by ' + names[value]}`),
    ].filter(Boolean);
    // Why a worker can't go on.
    const why = (state, worker) => {
        const next = step(state, worker);
        return names[worker] + (next ? ` waits for the ${next}, which ${names[state.rows[waits(state, worker)]]} holds` : ' has done all its steps');
    };
    // What has come of it, once nobody can go on; until then, who waits.
    const outcome = state => {
        const waiting = waiters(state).map(worker => why(state, worker)).join('; ');
        if (state.end < 0) return waiting && waiting + '.';
        return `${waiting ? `Deadlock: ${waiting}.` : 'The end.'} ${said[Number(state.end === run.met)]} Schedule ${state.rank.toLocaleString('en')} of ${run.of}`;
    };

    const go = worker => state => {
        // It stays where it is, and the reader is told why.
        if (state.next[worker] < 0) return `${why(state, worker)}. ${outcome(state)}`;
        const [row, column, verb] = [place(state, worker), state.done[0] + state.done[1] + 1, step(state, worker).split(' ')[0]];
        const changed = row < 0 || verb === 'load' ? state.changed : state.changed.with(row, column);
        const last = state.changed[row];
        const isLost = verb === 'store' && last > 0 && last !== state.seen[worker];
        const next = {
            ...node(state.next[worker]), worker, row, verb, changed, done: state.done.with(worker, state.done[worker] + 1),
            seen: /load|store/.test(verb) ? state.seen.with(worker, changed[row]) : state.seen,
            lost: isLost ? [...state.lost, last] : state.lost,
            // In order, all schedules in which A goes here come before this one.
            rank: state.rank + (worker && state.next[0] >= 0 ? node(state.next[0]).out : 0),
        };
        const news = holds(next).filter(words => !holds(state).includes(words)).join(', ') || 'nothing changes';
        next.says = [
            `${names[worker]}: ${step(state, worker)}; ${news}.`, isLost && `Lost: the ${state.rows[row]} that ${names[worker]} never saw.`,
            ...both.map(other => isStale(next, other) && !isStale(state, other) && `${names[other]}'s register is stale.`), outcome(next),
        ].filter(Boolean).join(' ');
        return next;
    };

    // ---- The picture ----

    let drawn = '';
    const text = (kind, x, y, words) => { drawn += `<text class="${kind}" x="${x}" y="${y}">${words}</text>`; };
    const path = (kind, d) => { drawn += `<path class="${kind}" d="${d}"/>`; };
    const value = (kind, x, y, held) => {
        drawn += `<g class="v ${kind}"><circle cx="${x}" cy="${y}" r="11"/><text class="c" x="${x}" y="${y + 5}">${held}</text></g>`;
    };
    const lanes = (state, past) => {
        const [x, y] = [column => 52 + run.wide * column, row => 96 + 30 * row];
        const at = [48, y(run.rows.length) + 18];
        const label = (kind, worker, x, step) => step.split(/ (.*)/, 2).forEach((word, line) => text(kind, x, at[worker] + (worker ? 26 : -33) + 15 * line, word));
        drawn = '';
        [...names, ...run.rows].forEach((name, number) => text('b', 2, (at[number] ?? y(number - 2)) + 5, name));
        past.forEach((now, column) => {
            const [before, here, { worker, verb, row }] = [past[column - 1], x(column), now];
            const wire = (kind, y) => before && path(kind, `M${here} ${y}h-${run.wide - 11}`);
            for (const lane of both) {
                const [was, is] = [before?.registers[lane] ?? null, isStale(now, lane)];
                // A register whose value is stored still shows it.
                const held = now.registers[lane] ?? was;
                if (was !== null) wire(isStale(before, lane) ? 'stale' : 's', at[lane]);
                if (held !== null) value(is ? 'stale' : 'new', here, at[lane], held);
                if (is && lane !== worker) text('c stale', here, at[lane] + (lane ? 23 : -15), 'stale');
            }
            if (before) label('c', worker, here, step(before, worker));
            if (row >= 0) {
                const down = worker ? -1 : 1;
                const [from, to] = [at[worker] + 13 * down, y(row) - 13 * down];
                const head = (y, down) => `M${here - 4} ${y - 5 * down}l4 ${5 * down} 4 ${-5 * down}`;
                path('s', `M${here} ${from}V${to}${verb === 'load' ? '' : head(to, down)}${/load|fetch/.test(verb) ? head(from, -down) : ''}`);
            }
            now.rows.forEach((held, number) => {
                const isLock = number >= run.cells;
                wire(isLock && before?.rows[number] >= 0 ? 'held' : 'wire', y(number));
                value(now.changed[number] !== column ? 'old' : state.lost.includes(column) ? 'lost' : 'new', here, y(number), isLock ? names[held] ?? '–' : held);
            });
        });
        // What each worker has yet to do.
        for (const worker of both) run.code[worker].slice(state.done[worker]).forEach((step, number) =>
            label(number || waits(state, worker) < 0 ? 'c u' : 'c stale', worker, x(past.length + number), step));
        picture.style = run.size;
        picture.ariaLabel = holds(state).join(', ');
        draw(drawn);
        // What has just happened is to be seen, and what may come next.
        sight.scrollLeft = x(past.length) + 30 - sight.clientWidth;
    };

    return {
        start: () => ({ ...node(0), done: [0, 0], rank: 1, seen: [0, 0], changed: run.rows.map((_, row) => -1 - row), lost: [], says: 'Who goes first?' }),
        can: (name, { next }) => next['ab'.indexOf(name)] !== -1,
        steps: {
            a: go(0),
            b: go(1),
            choose(_, number) {
                run = runs[number];
                choices.forEach(button => { button.ariaPressed = button.value === number; });
                shares.forEach(box => { box.hidden = true; });
                begin(run.words);
            },
            // At each step a fair coin decides among those who can go, as the board says.
            random() {
                const box = shares[runs.indexOf(run)];
                const rows = [...box.querySelectorAll('li')];
                const came = rows.map(() => 0);
                for (let times = 0; times < 200; times++) {
                    let at = node(0);
                    while (at.end < 0) at = node(at.next.filter(next => next >= 0).at(-Math.random() * 2));
                    came[at.end]++;
                }
                rows.forEach((row, end) => {
                    row.style.setProperty('--came', `${came[end] / 2}%`);
                    row.children[0].textContent = came[end];
                });
                box.hidden = false;
                say(`200 random schedules: ${rows.map(row => row.textContent).join('; ')}.`);
            },
        },
        show(state, past) {
            lanes(state, past);
            // Who waits for whom: for each lock and each worker, whether the worker has the lock, and whether it waits for it.
            edges.forEach((edge, number) => {
                const [row, worker] = [run.cells + (number >> 2), number >> 1 & 1];
                const isSo = number & 1 ? waits(state, worker) === row : state.rows[row] === worker;
                edge.classList.toggle('on', isSo);
                // Two that both wait do so for each other.
                edge.classList.toggle('red', isSo && waiters(state).length > 1 && both.some(worker => waits(state, worker) === row));
            });
            board.classList.toggle('met', state.end === run.met);
        },
    };
});
