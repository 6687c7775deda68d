'use strict';

// Two workers of this browser add one to the same counter.
runHere.experiment('shared-counter', {
    async shared(lab) {
        const TIMES = 1_000_000;
        const share = counted => 100 * (1 - counted / (2 * TIMES));
        const two = await lab.crew(2);
        const count = async name => {
            two.clear();
            return (await two.run([name, TIMES]))[0][0].value;
        };
        const counted = await count('load_then_store');
        lab.tell('load-then-store', share(counted));
        const apart = await lab.crew(2, { own: true });
        const each = await apart.run(['load_then_store', TIMES]);
        const repaired = [each[0][0].value + each[1][0].value, await count('fetch_add')];
        lab.tell('own-memory', share(repaired[0]));
        lab.tell('fetch-add', share(repaired[1]));
        const left = (2 * TIMES - counted).toLocaleString('en');
        const rest = repaired.every(counted => counted === 2 * TIMES) ? 'none is lost' : 'some were lost too, which must not be: please tell us';
        return `Your browser’s two threads lost ${left} of 2 million additions. With one atomic step, and with a counter of its own for each, ${rest}.`;
    },

    // No memory is shared: a third worker keeps the counter, and two ask it.
    async apart(lab) {
        const keeper = () => {
            let counter = 0, first = [];
            const answer = (port, { set, add }) => {
                if (set !== undefined) counter = set;
                if (add) counter += add;
                port.postMessage(counter);
            };
            onmessage = ({ ports }) => {
                if (!ports.length) return postMessage(counter);
                for (const port of ports) {
                    // The first answers go out when both have asked: so both know the same 0.
                    port.onmessage = ({ data }) => {
                        if (!first) return answer(port, data);
                        if (first.push([port, data]) < ports.length) return;
                        const both = first;
                        first = null;
                        both.forEach(one => answer(...one));
                    };
                }
                postMessage('ready');
            };
        };
        // Adds one up to so many times within so many ms, and says how often.
        const asker = () => {
            onmessage = ({ data: { way, times, ms }, ports: [port] }) => {
                const ends = performance.now() + ms;
                let done = 0, isKnown = false;
                const next = () => {
                    if (done === times || performance.now() > ends) return postMessage(done);
                    port.postMessage(way === 'add' ? { add: 1 } : {});
                };
                port.onmessage = ({ data: counter }) => {
                    isKnown = way !== 'add' && !isKnown;
                    if (isKnown) return port.postMessage({ set: counter + 1 });
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
            workers.forEach((worker, number) => worker.postMessage({ way, times: 500, ms: lab.left() / 3 }, [channels[number].port2]));
            const added = (await Promise.all(done)).reduce((sum, done) => sum + done);
            const counted = lab.next(counter);
            counter.postMessage('');
            const lost = added - await counted;
            [counter, ...workers].forEach(lab.end);
            return { added, lost };
        };
        const { added, lost } = await count('get, then set');
        lab.tell('get-then-set', 100 * lost / added);
        const repaired = await count('add');
        lab.tell('add-message', 100 * repaired.lost / repaired.added);
        return `So here a third thread has the counter, and two others send it messages. No memory is shared, and still ${lost.toLocaleString('en')} of ${added.toLocaleString('en')} additions are lost where each asks for the count and then sets it. With one message that says “add one”, none is.`;
    },
});
