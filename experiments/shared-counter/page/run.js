'use strict';

// Two workers of this browser add one to the same counter.
runHere.experiment('shared-counter', {
    async shared(lab) {
        const TIMES = 1_000_000;
        const lost = counted => 100 * (1 - counted / (2 * TIMES));
        const two = await lab.crew(2);
        const count = async name => {
            two.clear();
            return (await two.run([name, TIMES]))[0][0].value;
        };
        const counted = await count('load_then_store');
        lab.tell('load-then-store', lost(counted));
        const apart = await lab.crew(2, { own: true });
        const each = await apart.run(['load_then_store', TIMES]);
        lab.tell('own-memory', lost(each[0][0].value + each[1][0].value));
        lab.tell('fetch-add', lost(await count('fetch_add')));
        const left = (2 * TIMES - counted).toLocaleString('en');
        return `Your browser’s two threads lost ${left} of 2 million additions. With one atomic step, and with a counter of its own for each, none is lost.`;
    },

    // No memory is shared: a third worker keeps the counter, and two ask it.
    async apart(lab) {
        const TIMES = 1000;
        const keeper = () => {
            let counter = 0, first = [];
            const answer = (port, { get, set, add }) => {
                if (set !== undefined) counter = set;
                if (add) counter += add;
                port.postMessage(counter);
            };
            onmessage = ({ ports, data }) => {
                if (!ports.length) return postMessage(counter);
                for (const port of ports) {
                    // The first answers go out when both have asked: so both know the same 0.
                    port.onmessage = message => {
                        if (!first) return answer(port, message.data);
                        if (first.push([port, message.data]) < ports.length) return;
                        const both = first;
                        first = null;
                        both.forEach(one => answer(...one));
                    };
                }
                postMessage('ready');
            };
        };
        const asker = () => {
            onmessage = ({ data: [times, way], ports: [port] }) => {
                let done = 0, known;
                const next = () => {
                    if (done === times) return postMessage('done');
                    if (way === 'add') { done++; port.postMessage({ add: 1 }); } else port.postMessage({ get: true });
                };
                port.onmessage = ({ data }) => {
                    if (way === 'add') return next();
                    if (known === undefined) { known = data; return port.postMessage({ set: known + 1 }); }
                    known = undefined;
                    done++;
                    next();
                };
                next();
            };
        };
        const [keeps, asks] = [keeper, asker].map(lab.source);
        const count = async way => {
            const [counter, ...workers] = [keeps, asks, asks].map(lab.worker);
            const channels = workers.map(() => new MessageChannel());
            const ready = lab.next(counter);
            counter.postMessage('', channels.map(({ port1 }) => port1));
            await ready;
            const done = workers.map(lab.next);
            workers.forEach((worker, number) => worker.postMessage([TIMES, way], [channels[number].port2]));
            await Promise.all(done);
            const counted = lab.next(counter);
            counter.postMessage('');
            const value = await counted;
            [counter, ...workers].forEach(lab.end);
            return value;
        };
        const counted = await count('get, then set');
        lab.tell('get-then-set', 100 * (1 - counted / (2 * TIMES)));
        lab.tell('add-message', 100 * (1 - await count('add') / (2 * TIMES)));
        return `So here the counter belongs to a third thread, and two others send it messages. No memory is shared, and still ${(2 * TIMES - counted).toLocaleString('en')} of 2,000 additions are lost where each asks for the count and then sets it. With one message that says “add one”, none is.`;
    },
});
