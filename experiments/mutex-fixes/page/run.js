'use strict';

// The repairs, each by one worker of this browser, and by two.
runHere.experiment('mutex-fixes', {
    async shared(lab) {
        const REPAIRS = ['mutex', 'compare_exchange', 'atomic', 'sharded', 'local'], TIMES = 100_000, ENOUGH = 5;
        let lost = 0, isUnclear = false;
        for (const workers of [1, 2]) {
            const crew = await lab.crew(workers), costs = new Map(REPAIRS.map(repair => [repair, []]));
            const lacking = () => REPAIRS.filter(repair => costs.get(repair).length < ENOUGH);
            // The engine compiles again what is called often.
            await crew.run(...REPAIRS.flatMap(repair => Array(4).fill([repair, 10_000])));
            // On a busy machine two threads seldom run at once, and a time tells nothing unless they do: so again, while there is time.
            while (lacking().length && lab.left() > (workers === 1 ? 2000 : 600)) {
                for (const repair of lacking()) {
                    crew.clear();
                    const all = workers === 2 ? (await crew.together([repair, TIMES])).answers : await crew.run([repair, TIMES]);
                    const answers = all.map(([answer]) => answer);
                    lost += workers * TIMES - answers[0].value;
                    if (workers === 1 || runHere.overlap(answers) > 0.6) costs.get(repair).push(runHere.took(answers) * 1e6 / (workers * TIMES));
                }
            }
            crew.end();
            for (const [repair, some] of costs) {
                if (some.length) lab.tell(`${repair.replace('_', '-')}-${workers}`, lab.median(some));
                else isUnclear = true;
            }
        }
        const counted = lost ? `${lost.toLocaleString('en')} additions were lost, which must not be: please tell us.` : 'Every addition was counted.';
        return counted + (isUnclear ? ' Where a time is missing, the two threads never ran at the same time: this machine may be busy, or have one core.' : '');
    },
});
