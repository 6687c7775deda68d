'use strict';

// The game of interleavings. The explorer has put every state of a program into the page, and the reader decides who goes next.
machine('lanes', ({ board, data, begin }) => {
    const { runs, met, missed } = data;
    const find = selector => [...board.querySelectorAll(selector)];
    const [choices, lists] = ['.choice button', 'ol'].map(find);
    const held = board.querySelector('.held');
    const names = ['A', 'B'];
    const code = lists.map(list => [...list.children].map(line => line.textContent));
    let run = runs[0];

    // A state of the run: the states after a step of A and of B, the registers, the memory, the holders of the locks.
    const node = number => {
        const width = 4 + run.cells.length + run.locks.length;
        const row = run.states.slice(number * width, (number + 1) * width);
        return { number, next: row.slice(0, 2), registers: row.slice(2, 4), memory: row.slice(4, 4 + run.cells.length), holders: row.slice(4 + run.cells.length) };
    };
    const items = ({ registers, memory, holders }) => [
        ...registers.map((value, worker) => [names[worker] + "'s register", value ?? '–']).filter(() => run.registers),
        ...run.cells.map((cell, number) => [cell, memory[number]]),
        ...run.locks.map((lock, number) => ['lock ' + lock, holders[number] < 0 ? 'free' : 'held by ' + names[holders[number]]]),
    ];

    // Why a worker can't go on.
    const why = ({ done, holders }, worker) => {
        const step = code[worker][done[worker]];
        if (!step) return `${names[worker]} has done all its steps`;
        const holder = holders[run.locks.indexOf(step.split(' ')[1])];
        return `${names[worker]} waits for the ${step}, which ${names[holder]} holds`;
    };
    // What has come of it, once nobody can go on; until then, who waits.
    const outcome = state => {
        const waits = [0, 1].filter(worker => state.next[worker] < 0 && code[worker][state.done[worker]]).map(worker => why(state, worker)).join('; ');
        if (state.next.some(next => next >= 0)) return waits && waits + '.';
        const end = waits ? `Deadlock: ${waits}.` : 'The end.';
        return `${end} ${run.met.includes(state.number) ? met + ' Challenge met.' : missed + ' Challenge not met. ' + (run.never || 'Undo, or restart, and try another way.')}`;
    };

    const go = worker => state => {
        // It stays where it is, and the reader is told why.
        if (state.next[worker] < 0) return `${why(state, worker)}. ${outcome(state)}`;
        const next = { ...node(state.next[worker]), done: state.done.map((done, other) => done + (other === worker)) };
        const before = items(state);
        const changed = items(next).filter(([, value], number) => value !== before[number][1] && value !== '–');
        const what = changed.map(([name, value]) => `${name} is ${value}`).join(', ') || 'nothing changes';
        next.says = `${names[worker]}: ${code[worker][state.done[worker]]}; ${what}. ${outcome(next)}`.trim();
        return next;
    };

    return {
        start: () => ({ ...node(0), done: [0, 0], says: 'Who goes first?' }),
        steps: {
            a: go(0),
            b: go(1),
            choose(_, number) {
                run = runs[number];
                choices.forEach((button, other) => { button.ariaPressed = other === Number(number); });
                begin(run.words);
            },
        },
        can: (step, { next }) => !(next[['a', 'b'].indexOf(step)] < 0),
        show(state) {
            lists.forEach((list, worker) => [...list.children].forEach((line, number) => {
                line.classList.toggle('done', number < state.done[worker]);
                if (number === state.done[worker]) line.setAttribute('aria-current', 'step');
                else line.removeAttribute('aria-current');
            }));
            held.innerHTML = items(state).map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('');
            board.querySelector('.told').classList.toggle('met', run.met.includes(state.number));
        },
    };
});
