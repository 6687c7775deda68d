'use strict';

// Two workers of this browser, two locks, and the order in which they are taken.
runHere.experiment('deadlock', {
    async shared(lab) {
        // At which meal two workers deadlock, or that they don't; neither, if that takes too long.
        const watch = async (name, meals, patience) => {
            const two = await lab.crew(2), look = await two.look(), ends = performance.now() + patience;
            let eaten, at = 0;
            two.run([name, meals]).then(([[{ value }]]) => { eaten = value; }, () => {});
            while (eaten === undefined && !at && performance.now() < ends) {
                await lab.pause(2);
                at = look('deadlocked_at');
            }
            two.end();
            return { at, eaten };
        };
        const RUNS = 5, MEALS = 200;
        let hung = 0, after = 0;
        for (let run = 0; run < RUNS; run++) {
            const began = performance.now();
            if ((await watch('opposite_order_arranged', 1, 1000)).at) hung++;
            after ||= performance.now() - began;
        }
        lab.tell('arranged', 100 * hung / RUNS);
        const one = await watch('one_order', MEALS, lab.left() - 700);
        lab.tell('one-order', one.eaten ?? 0);
        // By chance: as many runs as there is time for, of those in which both ran at the same time.
        const meals = [];
        for (let run = 0; run < 20 && lab.left() > 900; run++) {
            const { at, eaten } = await watch('opposite_order', 1_000_000, 200);
            if (eaten !== 0) meals.push(at || Infinity);
        }
        const within = most => 100 * meals.filter(at => at <= most).length / meals.length;
        if (meals.length > 4) for (const most of [1, 10, 100, 1000]) lab.tell(`within-${most}`, within(most));
        if (!hung) throw new runHere.Unclear('No circle of waits was seen within a second.');
        return `Worker 0 holds A and waits for B, which worker 1 holds; worker 1 holds B and waits for A, which worker 0 holds. This page found the circle within ${Math.ceil(after)} ms, in ${hung} of ${RUNS} runs, and ended both workers: nothing else would. ${one.eaten ? `In one order, they ate all ${MEALS} meals.` : `In one order, this machine was too busy for ${MEALS} meals.`}`;
    },

    // The browser's own locks, which need no shared memory.
    async apart(lab) {
        if (!navigator.locks) throw new runHere.Unclear('And this page may not use the browser’s own locks either.');
        const waiter = lab.source(() => {
            onmessage = async ({ data: [first, second, meets] }) => {
                await navigator.locks.request(first, async () => {
                    if (meets) {
                        const both = new Promise(resolve => { onmessage = resolve; });
                        postMessage('holds its first lock');
                        await both;
                    }
                    await navigator.locks.request(second, () => {});
                });
                postMessage('done');
            };
        });
        const [a, b] = ['A', 'B'].map(name => `run-here-${Math.random()}-${name}`);
        const workers = [0, 1].map(() => lab.worker(waiter));
        const met = workers.map(lab.next);
        workers[0].postMessage([a, b, true]);
        workers[1].postMessage([b, a, true]);
        await Promise.all(met);
        workers.forEach(worker => worker.postMessage('go on'));
        let circle = false;
        while (!circle && lab.left() > 1500) {
            await lab.pause(5);
            const { held, pending } = await navigator.locks.query();
            const holder = Object.fromEntries(held.map(({ name, clientId }) => [name, clientId]));
            const wanted = Object.fromEntries(pending.map(({ name, clientId }) => [clientId, name]));
            circle = Boolean(holder[a] && holder[b]) && wanted[holder[a]] === b && wanted[holder[b]] === a;
        }
        workers.forEach(lab.end);
        lab.tell('arranged', circle ? 100 : 0);
        const ordered = [0, 1].map(() => lab.worker(waiter));
        const done = ordered.map(lab.next);
        ordered.forEach(worker => worker.postMessage([a, b, false]));
        await Promise.all(done);
        return `${circle ? 'So here two threads took the browser’s own locks (Web Locks). Worker 0 holds A and waits for B, which worker 1 holds; worker 1 holds B and waits for A, which worker 0 holds. The browser says so itself, and would leave them so for ever.' : 'So two threads took the browser’s own locks, and no circle of waits was seen.'} In one order, both were done.`;
    },
});
