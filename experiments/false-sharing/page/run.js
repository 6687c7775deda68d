'use strict';

// Two workers of this browser, each with a counter of its own, at growing distances.
runHere.experiment('false-sharing', {
    async shared(lab) {
        const DISTANCES = [0, 8, 16, 32, 64, 128, 256, 512], TIMES = 100_000, ENOUGH = 5;
        const two = await lab.crew(2);
        // The engine compiles again what is called often.
        await two.run(...Array(4).fill(['fetch_add_at_distance', 20_000, 512]));
        const met = new Map(DISTANCES.map(distance => [distance, []]));
        const lacking = () => DISTANCES.filter(distance => met.get(distance).length < ENOUGH);
        // On a busy machine two threads seldom run at once, and a time tells nothing unless they do: so again, while there is time.
        while (lacking().length && lab.left() > 700) {
            const order = lacking().toSorted(() => Math.random() - 0.5);
            const { answers: [one, other] } = await two.together(...order.map(distance => ['fetch_add_at_distance', TIMES, distance]));
            order.forEach((distance, number) => {
                const pair = [one[number], other[number]];
                if (runHere.overlap(pair) > 0.6) met.get(distance).push(runHere.took(pair) * 1e6 / TIMES);
            });
        }
        const costs = DISTANCES.map(distance => lab.median(met.get(distance)));
        if (costs.includes(undefined)) {
            throw new runHere.Unclear('The two threads never ran at the same time, and only a line that two cores want moves. This machine may be busy, or have one core.');
        }
        DISTANCES.forEach((distance, number) => lab.tell(`distance-${distance}`, costs[number]));
        two.clear();
        DISTANCES.forEach((distance, number) => two.place.set([distance, costs[number]], 2 * number));
        const look = await two.look(), line = look('distance_of_the_step');
        if (line < 0) throw new runHere.Unclear('The times don’t settle: something disturbed the two threads.');
        if (line === 0) throw new runHere.Unclear('No distance costs more than another: the two threads probably ran on one physical core, whose cache they share.');
        lab.tell('line', line);
        return `From ${line} bytes on, your machine’s cores no longer disturb each other: that is its cache line, measured by a browser. Nearer, an addition takes ${Number((costs[1] / costs.at(-1)).toPrecision(2))} times as long.`;
    },
});
