// Makes every click of a walk through all states of a game in lanes, and compares what is then to be seen and heard with what was expected.
(clicks => {
    const [told, picture] = ['.told[role=status]', '.picture'].map(what => board.querySelector(what));
    const at = what => board.querySelector(`[data-do=${what}]`);
    const all = (selector, root = board) => [...root.querySelectorAll(selector)];
    // The rows of the picture from above, A's lane first; and in each the last value.
    const lasts = () => {
        const rows = new Map();
        for (const value of all('.v', picture)) {
            const [row, column] = ['cy', 'cx'].map(place => Number(value.querySelector('circle').getAttribute(place)));
            if (column >= (rows.get(row)?.column ?? 0)) rows.set(row, { column, words: value.textContent + (value.matches('.stale') ? ' stale' : '') });
        }
        const end = Math.max(...[...rows.values()].map(({ column }) => column));
        return [...rows].sort(([one], [other]) => one - other).filter(([, { column }]) => column === end).map(([, { words }]) => words);
    };
    const lines = label => label.map(part => part.textContent).join(' ');
    // What isn't shown needn't be laid out after each click.
    board.querySelector('.sight').hidden = true;
    const found = clicks.map(([click, expected]) => {
        if (click) at(click).click();
        const is = {
            // The history goes as far as the reader has been.
            says: told.textContent.replace(/^(Step \d+) of \d+/, '$1'),
            holds: lasts(),
            lost: all('.lost', picture).map(value => value.textContent),
            to: lines(all('.u, .c.stale:not(.v *)', picture).filter(label => label.textContent !== 'stale')),
            can: ['a', 'b', 'undo'].map(what => at(what).ariaDisabled !== 'true'),
            on: all('.edge').map(edge => Number(edge.matches('.on')) + Number(edge.matches('.red'))),
            met: board.matches('.met'),
        };
        const different = Object.keys(is).filter(what => JSON.stringify(is[what]) !== JSON.stringify(expected[what]));
        return different.map(what => `after ${click || 'nothing'}, ${what} is ${JSON.stringify(is[what])} instead of ${JSON.stringify(expected[what])}`).join(', ');
    });
    board.querySelector('.sight').hidden = false;
    return [...new Set(found.filter(Boolean))];
})
