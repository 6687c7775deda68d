'use strict';

// The engine of the machines that move: pictures that a reader works step by step. It owns what all of them share: the
// history of states, with undo, restart and a slider through it, the keys, and the line that says each step in words.
// What moves, a kind of machine knows. It is a file of its own, and makes itself known by one call:
//
//     machine('tally', ({ data, draw }) => ({
//         start: () => ({ count: 0, says: 'Nothing is counted yet.' }),
//         steps: {
//             more: ({ count }) => count < data.most ? { count: count + 1, says: `That makes ${count + 1}.` } : 'It is full.',
//         },
//         show: ({ count }) => draw(`<text x="10" y="20">${count}</text>`),
//     }));
//
// A state is an object of the kind's own with `says`, its words, and never changes. A step gets the state and the value of
// its control. It returns the next state; or words, which say why there is none; or nothing, if it has done all by itself.
// `show(state, past)` puts a state on the board, where `past` are all the states up to it. `can(name, state, value)`, if
// there is one, tells which buttons would do nothing now: they look so, and can be pressed all the same, to say why.
//
// The kind is given `data`, which Rust has made; `board`; `draw(markup)`, which fills the board's `svg.picture` and escapes
// nothing; `say(words)`; `begin(words)`, which starts anew, as when a setting has changed; and `calm()`, true where the reader
// wants nothing to move. In style sheets, `@media (prefers-reduced-motion: no-preference)` is the same.
//
// The markup is made by `scripts/book/src/pages/machines`. A control names its step by `data-do` and its key by
// `aria-keyshortcuts`. A slider with `data-says`, a list, is followed by an element that shows the words for its value.
const machine = (kind, make) => document.querySelectorAll(`.machine.${kind}`).forEach(root => {
    const board = root.querySelector('.board');
    const [told, picture, scrub] = ['.told', '.picture', '[data-do=scrub]'].map(part => board.querySelector(part));
    let [states, at] = [[], 0];

    const say = words => { told.textContent = words.trim(); };
    const show = () => {
        self.show(states[at], states.slice(0, at + 1));
        for (const button of board.querySelectorAll('button[data-do]')) {
            const { dataset: { do: name }, value } = button;
            const can = name === 'undo' ? at > 0 : self.can?.(name, states[at], value) ?? true;
            button.ariaDisabled = can ? null : 'true';
        }
        // The slider comes with the first step, and stays: it may have the focus.
        const last = states.length - 1;
        scrub.max = last || scrub.max;
        scrub.value = at;
        scrub.ariaValueText = `step ${at} of ${last}`;
    };
    const begin = (words = '') => {
        [states, at] = [[self.start()], 0];
        show();
        say(`${words} ${states[0].says}`);
    };
    const go = to => {
        at = Math.min(to, states.length - 1);
        show();
        say(`${at ? `Step ${at} of ${states.length - 1}.` : 'Back at the start.'} ${states[at].says}`);
    };
    const own = {
        undo: () => at ? go(at - 1) : 'There is nothing to undo.',
        restart: () => begin('Back at the start.'),
        scrub: (_, value) => go(Number(value)),
    };
    const work = ({ dataset: { do: name, says }, value }) => {
        const next = (own[name] ?? self.steps[name])(states[at], value);
        if (typeof next === 'string') return say(next);
        if (!next) return;
        // A step taken from the midst of the history makes another history.
        states.splice(++at, Infinity, next);
        show();
        say(next.says);
    };

    const self = make({
        board, say, begin, data: JSON.parse(root.dataset.given),
        draw: markup => { picture.innerHTML = markup; },
        calm: () => matchMedia('(prefers-reduced-motion: reduce)').matches,
    });
    board.addEventListener('click', ({ target }) => {
        const button = target.closest('button[data-do]');
        if (button) work(button);
    });
    board.addEventListener('input', ({ target }) => {
        const says = JSON.parse(target.dataset.says ?? '[]')[target.value];
        if (says) target.ariaValueText = target.nextElementSibling.textContent = says;
        work(target);
    });
    board.addEventListener('keydown', event => {
        // mdBook turns pages with the arrow keys, which have other work in here.
        if (event.key.startsWith('Arrow')) event.stopPropagation();
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const button = [...board.querySelectorAll('button')].find(({ ariaKeyShortcuts: key }) => key === event.key.toLowerCase());
        if (!button) return;
        event.preventDefault();
        button.click();
    });
    begin();
});
