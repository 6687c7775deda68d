'use strict';

// What a browser starts: a worker, which is a thread; a frame of no origin, which many browsers give a process; and a task for a worker
// that is there already.
runHere.experiment('spawn-cost', {
    async apart(lab) {
        // Each start is waited for until it has said a word. The median of several.
        const timed = async (row, times, start) => {
            const took = [];
            for (let time = 0; time < times; time++) {
                const began = performance.now(), end = await start();
                took.push((performance.now() - began) * 1e6);
                end();
            }
            const value = lab.median(took);
            lab.tell(row, value);
            return value;
        };
        const word = lab.source(() => { postMessage('here'); });
        const started = await timed('worker', 7, async () => {
            const worker = lab.worker(word);
            await lab.next(worker);
            return () => lab.end(worker);
        });
        const waiting = lab.worker(lab.source(() => { onmessage = () => postMessage('done'); }));
        const handed = await timed('task', 50, async () => {
            const done = lab.next(waiting);
            waiting.postMessage('');
            await done;
            return () => {};
        });
        await timed('frame', 3, () => lab.inTime(new Promise(resolve => {
            const frame = Object.assign(document.createElement('iframe'), { hidden: true, title: 'an empty frame', sandbox: 'allow-scripts', srcdoc: '<script>parent.postMessage("here", "*")</script>' });
            addEventListener('message', function heard({ source }) {
                if (source !== frame.contentWindow) return;
                removeEventListener('message', heard);
                resolve(() => frame.remove());
            });
            lab.put(frame);
        })));
        return `A new thread of your browser takes ${Number((started / handed).toPrecision(2))} times as long as a task for a thread that waits. It is more than the system’s thread: it brings a JavaScript engine of its own.`;
    },
});
