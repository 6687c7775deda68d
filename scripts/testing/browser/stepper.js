// Clicks through every state of a stepper, on every way there is, and compares what is to be seen and heard with what was expected.
(([states, first, never]) => {
    const [go, [undo, restart], lists] = ['.worker button', '.tools button', 'ol'].map(what => [...board.querySelectorAll(what)]);
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
        const expected = { held, lines, done, can: next.map(next => next !== null), undo: deep > 0, met };
        const [is, should] = [there, expected].map(what => JSON.stringify(what));
        if (is !== should) found.push(`there is ${is} instead of ${should}`);
        // The history goes as far as the reader has been.
        const words = told.textContent.replace(/^(Step \d+) of \d+/, '$1');
        if (!words.startsWith(says) || !words.includes(end)) found.push(`it says "${words}" instead of "${says} … ${end}"`);
        if (end && !met && words.includes("with two memories it can't be done.") !== never) found.push(`"${words}", but that it can't be done is ${never}`);
    };
    // The words and the number of the step that led here are heard again as the reader comes back.
    const visit = (at, deep, heard) => {
        if (seen.has(at)) return;
        seen.add(at);
        go.forEach((button, worker) => {
            const { next: { [worker]: next }, says: { [worker]: says } } = states[at];
            button.click();
            look(next ?? at, deep + (next !== null), says);
            if (next === null) return;
            visit(next, deep + 1, says);
            undo.click();
            look(at, deep, deep ? `Step ${deep}. ${heard}` : 'Back at the start. Who goes first?');
        });
    };
    look(0, 0, first);
    undo.click();
    look(0, 0, 'There is nothing to undo.');
    visit(0, 0);
    go[0].click();
    go[0].click();
    restart.click();
    look(0, 0, 'Back at the start. Who goes first?');
    if (seen.size !== states.length) found.push(`${seen.size} states were come to, of ${states.length}`);
    return [...new Set(found)];
})
