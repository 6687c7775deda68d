'use strict';

// Round trips between two workers of this browser, and between the page and a worker.
runHere.experiment('message-passing', {
    async shared(lab) {
        const two = await lab.crew(2);
        const trip = async (name, budget) => {
            // As many trips as fit: two threads on one core take a thousand times as long as on two.
            for (let trips = 10; ; trips *= 8) {
                two.clear();
                const answers = (await two.run([name, trips])).map(([answer]) => answer);
                const ms = runHere.took(answers);
                if (ms > budget / 8) return ms * 1e6 / trips;
            }
        };
        const { atOnce } = await two.together();
        if (atOnce) lab.tell('spinning', await trip('spinning_round_trips', 150));
        lab.tell('sleeping', await trip('sleeping_round_trips', 300));
        two.end();
        lab.tell('post-message', await messages(lab));
        return atOnce ? 'Looking again and again is fastest, and keeps a core busy. A thread that sleeps has to be woken, and a message through the browser is put into two queues besides.'
            : 'The two threads shared a core, so looking again and again was left out: each would wait until the system takes the core from the other.';
    },

    async apart(lab) {
        lab.tell('post-message', await messages(lab));
        return 'So only messages through the browser were measured here, from this page to a thread and back.';
    },
});

// A word from the page to a worker and back, in nanoseconds: the median of a hundred.
async function messages(lab) {
    const worker = lab.worker(lab.source(() => { onmessage = ({ data }) => postMessage(data); }));
    const took = [];
    for (let trip = 0; trip < 120; trip++) {
        const began = performance.now(), back = lab.next(worker);
        worker.postMessage(trip);
        await back;
        if (trip >= 20) took.push((performance.now() - began) * 1e6);
    }
    lab.end(worker);
    return lab.median(took);
}
