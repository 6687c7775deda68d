// Works a model, step by step, and compares what is to be seen and heard after each with what was expected.
(steps => {
    const texts = selector => [...board.querySelectorAll(selector)].map(element => element.textContent);
    const looks = {
        'cache-line': () => ({ copies: [...board.querySelectorAll('.slot')].map(slot => slot.dataset.copy + ' ' + slot.lastElementChild.textContent), counts: texts('.count'), held: texts('.held dd'), marks: texts('.memory .line') }),
        pages: () => ({ held: texts('.held dd'), pages: [...board.querySelectorAll('.grid button')].map(cell => `${cell.className} ${cell.textContent}`.trim()) }),
        gil: () => ({ shown: texts('label b'), runs: board.querySelectorAll('.picture .runs').length, late: texts('.picture .late'), lanes: board.querySelectorAll('.course li:not(.off)').length }),
    }[board.parentElement.classList[1]];
    const found = [];
    for (const [act, value, says, expected] of steps) {
        const control = board.querySelector(`[data-do="${act}"]` + (value !== null && act !== 'distance' && board.querySelector(`button[data-do="${act}"]`) ? `[value="${value}"]` : ''));
        if (control.matches('[type=range]')) {
            control.value = value;
            control.dispatchEvent(new Event('input', { bubbles: true }));
        } else control.click();
        const there = looks();
        for (const what of Object.keys(expected)) {
            const [is, should] = [there[what], expected[what]].map(what => JSON.stringify(what));
            if (is !== should) found.push(`${act} ${value ?? ''}: ${what} is ${is} instead of ${should}`);
        }
        const told = board.querySelector('.told').textContent;
        if (!told.endsWith(says)) found.push(`${act} ${value ?? ''}: it says "${told}" instead of "${says}"`);
    }
    return [...new Set(found)].slice(0, 5);
})
