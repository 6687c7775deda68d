'use strict';

// Copy-on-write, page by page. Rust has worked out what becomes of a page; here stand all of them, and their frames.
machine('pages', ({ board, data }) => {
    const grids = [...board.querySelectorAll('.grid')];
    const cells = grids.map(grid => [...grid.children]);
    const held = board.querySelectorAll('.held dd');
    const names = ['parent', 'child'];
    const [FORK, WRITES, ENDS] = [0, 1, 3];
    const hasChild = state => data.states[state.pages[0]].next[FORK] === null;

    // What an act makes of some pages; a page that is copied gets the next frame.
    const act = (state, which, chosen) => {
        const next = { ...state, pages: [...state.pages], frames: [...state.frames] };
        for (const page of chosen) {
            const [to, cost] = data.states[state.pages[page]].next[which];
            next.pages[page] = to;
            next.faults += cost > 0;
            if (cost < 2) continue;
            next.copied++;
            next.frames[page] = [...next.frames[page]];
            next.frames[page][which - WRITES] = ++next.last;
        }
        return next;
    };
    const all = [...Array(data.pages).keys()];
    const write = who => (state, value) => {
        const page = Number(value);
        const step = data.states[state.pages[page]].next[WRITES + who];
        if (!step) return 'There is no child: fork first.';
        const next = act(state, WRITES + who, [page]);
        const words = { who: names[who], page: page + 1, frame: state.frames[page][who], copy: next.last };
        return { ...next, says: data.words[step[1]].replace(/\{(\w+)\}/g, (_, word) => words[word]) };
    };

    // One page of a grid is a stop for the keyboard, from which arrows lead to the others.
    grids.forEach((grid, who) => grid.addEventListener('keydown', event => {
        const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -data.columns, ArrowDown: data.columns }[event.key];
        const to = cells[who][cells[who].indexOf(event.target) + by];
        if (!to) return;
        event.preventDefault();
        event.target.tabIndex = -1;
        to.tabIndex = 0;
        to.focus();
    }));

    return {
        start: () => ({
            pages: all.map(() => 0), frames: all.map(page => [page + 1, page + 1]), last: data.pages, faults: 0, copied: 0,
            says: `The parent has filled ${data.pages} pages.`,
        }),
        steps: {
            fork(state) {
                if (hasChild(state)) return 'There is a child already.';
                const next = act({ ...state, frames: state.frames.map(([frame]) => [frame, frame]) }, FORK, all);
                return { ...next, says: `The child has the same ${data.pages} frames. No page is copied, and all entries are read-only now.` };
            },
            ends(state) {
                if (!hasChild(state)) return 'There is no child.';
                const alone = state.frames.filter(([parent, child]) => parent !== child).length;
                return { ...act(state, ENDS, all), says: `The child has ended. ${alone} frame${alone === 1 ? '' : 's'} of its own ${alone === 1 ? 'is' : 'are'} free again, and the parent's entries stay as they are.` };
            },
            parent: write(0),
            child: write(1),
        },
        can: (step, state) => step === 'fork' ? !hasChild(state) : step === 'ends' || step === 'child' ? hasChild(state) : true,
        show(state) {
            let frames = data.pages;
            state.pages.forEach((number, page) => {
                const { entries } = data.states[number];
                frames += entries[1][0] !== 'none' && state.frames[page][0] !== state.frames[page][1];
                entries.forEach(([look, words], who) => {
                    const cell = cells[who][page];
                    const frame = look === 'none' ? '' : state.frames[page][who];
                    cell.className = look !== 'shared' && frame > data.pages ? look + ' copy' : look;
                    cell.textContent = frame;
                    cell.ariaLabel = `page ${page + 1}: ${frame && `frame ${frame}, `}${words}`;
                });
            });
            const kib = pages => `${pages * data.kib} KiB`;
            [state.faults, state.copied, `${frames} = ${kib(frames)}`, kib(data.pages), hasChild(state) ? kib(data.pages) : '–']
                .forEach((value, number) => { held[number].textContent = value; });
        },
    };
});
