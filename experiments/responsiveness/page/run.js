'use strict';

// Sixty ticks, one second, met by this page while square roots are computed: here, here in slices, or in a worker.
(() => {
    const TICKS = 60, FRAME = 1000 / 60, JOB = 50, SLICE = 4;
    const { svg } = runHere;

    // A place for each tick: met, it is filled; met a frame late or more, it is a cross.
    function strip(live) {
        const drawing = svg('svg', { viewBox: `0 0 ${TICKS * 12} 24`, class: 'ticks', role: 'img', 'aria-label': 'Sixty ticks, as they are met' });
        const places = Array.from({ length: TICKS }, (_, tick) => {
            const place = svg('rect', { x: tick * 12 + 1, y: 4, width: 9, height: 16, rx: 2 });
            drawing.append(place);
            return place;
        });
        live.replaceChildren(drawing);
        return (tick, late) => {
            places[tick].setAttribute('class', late < FRAME ? 'met' : 'missed');
            if (late >= FRAME) drawing.append(svg('path', { class: 'missed', d: `M${tick * 12 + 1} 4l9 16m0-16l-9 16` }));
        };
    }

    runHere.experiment('responsiveness', {
        async apart(lab, action) {
            const mark = strip(lab.live);
            const compute = await lab.alone();
            const job = ms => {
                const ends = performance.now() + ms;
                while (performance.now() < ends) compute('compute_some', 10_000);
            };
            let crew;
            if (action === 'worker') {
                crew = await lab.crew(1, { own: true });
                crew.run(['compute_some', 2 ** 32 - 1]);
            } else job(20); // the engine compiles again what is called often
            const late = [], start = performance.now();
            // All ticks that are due are met, one after the other; then this page computes, or waits for the next tick.
            while (late.length < TICKS) {
                for (let now = performance.now(); late.length < TICKS && start + late.length * FRAME <= now; ) {
                    const by = now - start - late.length * FRAME;
                    mark(late.length, by);
                    late.push(by);
                }
                if (action === 'page') job(JOB);
                if (action === 'slices') job(SLICE);
                await lab.pause(action === 'worker' ? Math.max(start + late.length * FRAME - performance.now(), 0) : 0);
            }
            crew?.end();
            const missed = late.filter(late => late >= FRAME).length;
            lab.tell(`${action}-typical`, lab.median(late) * 1e6);
            lab.tell(`${action}-latest`, Math.max(...late) * 1e6);
            const busy = action === 'worker' && missed > 3 ? ' This page computed nothing meanwhile, so other programs keep this machine busy.' : '';
            return `${missed === 0 ? 'No tick' : missed === 1 ? '1 tick' : `${missed} ticks`} of sixty ${missed > 1 ? 'were' : 'was'} a frame late or more.${busy}`;
        },
    });
})();
