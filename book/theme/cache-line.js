'use strict';

// A cache line between two cores. Rust has worked out what each access makes of both copies; what is told here is what that cost.
machine('cache-line', ({ board, data, begin, calm }) => {
    const find = selector => [...board.querySelectorAll(selector)];
    const [slots, counts, memory, held] = ['.slot', '.count', '.memory .line', '.held dd'].map(find);
    const names = ['A', 'B'];
    let distance = data.distances[data.first];
    let seen = 0;

    const isOne = () => distance < data.line;
    const node = ({ node }) => data.graphs[isOne() ? 0 : 1][node];
    // The cells of a line, marked where a counter begins.
    const cells = line => [...memory[0].children].map((_, cell) => {
        const marks = names.filter((_, core) => core * distance === data.line * (line + cell / memory[0].children.length));
        return `<i>${marks.join('')}</i>`;
    }).join('');

    // What a core's access leads to. How a line came is a number: it was there, or came from memory, from the other core, or
    // was there without the right to write.
    const access = (core, reads) => state => {
        const [next, took] = node(state)[1][2 * reads + core];
        const count = state.count.map((count, of) => count + (!reads && (of === core || !distance)));
        const [trips, fetched] = [state.trips + (took === 2), state.fetched + (took === 1)];
        const words = { me: names[core], other: names[1 - core], count: count[core], trips };
        return { node: next, count, trips, fetched, core, took, says: data.words[reads][took].replace(/\{(\w+)\}/g, (_, word) => words[word]) };
    };
    const [add, read] = [0, 1].map(reads => [0, 1].map(core => access(core, reads)));

    // The line comes to a core: from where it was, as many times as it has.
    const fly = ({ core, took }, times) => {
        const from = took === 2 ? slots[1 - core] : memory[isOne() ? 0 : core * distance / data.line];
        const [here, there] = [slots[core], from].map(slot => slot.querySelector('.line') ?? slot).map(line => line.getBoundingClientRect());
        slots[core].querySelector('.line').animate(
            [{ transform: `translate(${there.x - here.x}px, ${there.y - here.y}px)` }, { transform: 'none' }],
            { duration: times > 1 ? 150 : 450, iterations: times, direction: times % 2 ? 'alternate' : 'alternate-reverse', easing: 'ease-in-out' },
        );
    };

    return {
        start: () => ({ node: 0, count: [0, 0], trips: 0, fetched: 0, says: 'Both counters are 0, and no core has the line yet.' }),
        steps: {
            a: add[0],
            b: add[1],
            'read-a': read[0],
            'read-b': read[1],
            both(state) {
                let next = state;
                for (let turn = 0; turn < data.turns; turn++) next = add[1](add[0](next));
                const trips = next.trips - state.trips;
                return { ...next, flew: trips, says: `A and B add in turn, ${data.turns} times each: ${trips || 'no'} trip${trips === 1 ? '' : 's'}, ${next.trips} in all.` };
            },
            distance(_, value) {
                distance = data.distances[value];
                begin(distance ? isOne() ? 'One line holds both counters.' : 'Each counter has a line of its own.' : 'Both cores add to one counter.');
            },
        },
        show(state, past) {
            [...node(state)[0]].forEach((copy, core) => {
                slots[core].dataset.copy = copy;
                slots[core].lastElementChild.textContent = data.names[copy];
                slots[core].firstElementChild.innerHTML = cells(isOne() ? 0 : core * distance / data.line);
                counts[core].textContent = state.count[core];
            });
            memory.forEach((line, number) => { line.innerHTML = cells(number); });
            [held[0].textContent, held[1].textContent] = [state.trips, state.fetched];
            // Nothing flies on the way back through the history.
            const times = state.flew ?? (state.took === 1 || state.took === 2 ? 1 : 0);
            if (past.length > seen && times && !calm()) fly(state, times);
            seen = past.length;
        },
    };
});
