// Clicks through every state of a stepper, on every way there is, and compares what is to be seen and heard with what was expected.
(([states, first, never]) => {
    const [go, [undo, restart], lists] = ['.go', '.tools button', 'ol'].map(what => [...board.querySelectorAll(what)]);
    const told = board.querySelector('.told[role=status]');
    const [found, seen] = [[], new Set()];
    const look = (at, deep, says) => {
        const { held, lines, next, end, met } = states[at];
        const there = {
            held: [...board.querySelectorAll('.held > div')].map(pair => pair.textContent + ';').join(''),
            lines: lists.map(list => [...list.children].findIndex(line => line.matches('[aria-current=step]'))),
            done: lists.map(list => list.querySelectorAll('.done').length),
            can: go.map(button => button.ariaDisabled !== 'true'),
            undo: undo.ariaDisabled !== 'true',
            met: told.matches('.met'),
        };
        const done = lists.map((list, worker) => lines[worker] < 0 ? list.children.length : lines[worker]);
        const expected = { held, lines, done, can: next.map(next => next !== null), undo: deep, met };
        const [is, should] = [there, expected].map(what => JSON.stringify(what));
        if (is !== should) found.push(`there is ${is} instead of ${should}`);
        const words = told.textContent;
        if (!words.startsWith(says) || !words.includes(end)) found.push(`it says "${words}" instead of "${says} … ${end}"`);
        if (end && !met && words.includes("with two memories it can't be done.") !== never) found.push(`"${words}", but that it can't be done is ${never}`);
    };
    const visit = (at, deep) => {
        if (seen.has(at)) return;
        seen.add(at);
        go.forEach((button, worker) => {
            const { next: { [worker]: next }, says: { [worker]: says }, undone: { [worker]: undone } } = states[at];
            button.click();
            look(next ?? at, deep || next !== null, says);
            if (next === null) return;
            visit(next, true);
            undo.click();
            look(at, deep, undone);
        });
    };
    look(0, false, first);
    undo.click();
    look(0, false, 'There is nothing to undo.');
    visit(0, false);
    go[0].click();
    go[0].click();
    restart.click();
    look(0, false, 'Back at the start. Who goes first?');
    if (seen.size !== states.length) found.push(`${seen.size} states were come to, of ${states.length}`);
    return [...new Set(found)];
})
