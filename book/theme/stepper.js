'use strict';

// Steppers. The explorer has put every state of a program into the page, and the reader decides who goes next.
for (const stepper of document.querySelectorAll('.stepper')) {
    const { runs, met, missed } = JSON.parse(stepper.dataset.stepper);
    const board = stepper.querySelector('.board');
    const find = selector => [...board.querySelectorAll(selector)];
    const [memories, goes, [undo, restart], lists] = ['.memories button', '.go', '.tools button', 'ol'].map(find);
    const held = board.querySelector('.held');
    const told = board.querySelector('.told');
    const names = ['A', 'B'];
    const code = lists.map(list => [...list.children].map(line => line.textContent));

    // Who went, and the states that this led through.
    let run, moves, states;

    // A state of the run: the states after a step of A and of B, the registers, the memory, the holders of the locks.
    const state = (number = states.at(-1)) => {
        const width = 4 + run.cells.length + run.locks.length;
        const row = run.states.slice(number * width, (number + 1) * width);
        return { next: row.slice(0, 2), registers: row.slice(2, 4), memory: row.slice(4, 4 + run.cells.length), holders: row.slice(4 + run.cells.length) };
    };
    const items = () => {
        const { registers, memory, holders } = state();
        return [
            ...registers.map((value, worker) => [names[worker] + "'s register", value ?? '–']).filter(() => run.registers),
            ...run.cells.map((cell, number) => [cell, memory[number]]),
            ...run.locks.map((lock, number) => ['lock ' + lock, holders[number] < 0 ? 'free' : 'held by ' + names[holders[number]]]),
        ];
    };
    const done = worker => moves.filter(who => who === worker).length;

    // Why a worker can't go on.
    const why = worker => {
        const step = code[worker][done(worker)];
        if (!step) return `${names[worker]} has done all its steps`;
        const holder = state().holders[run.locks.indexOf(step.split(' ')[1])];
        return `${names[worker]} waits for the ${step}, which ${names[holder]} holds`;
    };
    const waits = () => [0, 1].filter(worker => state().next[worker] < 0 && code[worker][done(worker)]).map(why).join('; ');

    // What has come of it, once nobody can go on; until then, who waits.
    const outcome = () => {
        const over = state().next.every(next => next < 0);
        const isMet = run.met.includes(states.at(-1));
        told.classList.toggle('met', isMet);
        if (!over) return waits() && waits() + '.';
        const end = waits() ? `Deadlock: ${waits()}.` : 'The end.';
        return `${end} ${isMet ? met + ' Challenge met.' : missed + ' Challenge not met. ' + (run.never || 'Undo, or restart, and try another way.')}`;
    };

    const show = words => {
        lists.forEach((list, worker) => [...list.children].forEach((line, number) => {
            line.classList.toggle('done', number < done(worker));
            if (number === done(worker)) line.setAttribute('aria-current', 'step');
            else line.removeAttribute('aria-current');
        }));
        goes.forEach((button, worker) => { button.ariaDisabled = state().next[worker] < 0; });
        undo.ariaDisabled = !moves.length;
        held.replaceChildren(...items().map(([name, value]) => {
            const pair = document.createElement('div');
            const [term, what] = ['dt', 'dd'].map(tag => document.createElement(tag));
            term.textContent = name;
            what.textContent = value;
            pair.append(term, what);
            return pair;
        }));
        told.textContent = `${words} ${outcome()}`.trim();
    };

    const begin = words => {
        [moves, states] = [[], [0]];
        show(words + ' Who goes first?');
    };
    const choose = number => {
        run = runs[number];
        memories.forEach((button, other) => { button.ariaPressed = other === number; });
        begin(run.words);
    };
    const go = worker => {
        const next = state().next[worker];
        // It stays where it is, and the reader is told why.
        if (next < 0) return show(why(worker) + '.');
        const [before, step] = [items(), code[worker][done(worker)]];
        moves.push(worker);
        states.push(next);
        const changed = items().filter(([, value], number) => value !== before[number][1] && value !== '–');
        const what = changed.map(([name, value]) => `${name} is ${value}`).join(', ') || 'nothing changes';
        show(`${names[worker]}: ${step}; ${what}.`);
    };
    const back = () => {
        if (!moves.length) return show('There is nothing to undo.');
        const worker = moves.pop();
        states.pop();
        show(`Undone: ${names[worker]}'s ${code[worker][done(worker)]}.`);
    };

    const actions = { a: () => go(0), b: () => go(1), u: back, r: () => begin('Back at the start.') };
    [...goes, undo, restart].forEach((button, number) => button.addEventListener('click', Object.values(actions)[number]));
    memories.forEach((button, number) => button.addEventListener('click', () => choose(number)));
    board.addEventListener('keydown', event => {
        const action = actions[event.key.toLowerCase()];
        if (!action || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        action();
    });
    choose(0);
    // Nothing has happened yet, so nothing is said.
    told.textContent = 'Who goes first?';
}
