'use strict';

// The global interpreter lock with two sliders. Rust has simulated every choice, and written down a piece of each course.
machine('gil', ({ board, data, draw }) => {
    const sliders = ['interval', 'threads'].map(name => board.querySelector(`[data-do=${name}]`));
    const lanes = [...board.querySelectorAll('.course li')];
    const ms = late => late < 9.95 ? late.toFixed(1) : late.toFixed();
    // Both latenesses, the thread and the length of each turn, the begin and the length of each wait: see gil.rs.
    const course = ([interval, threads]) => {
        const [typical, rare, turns, waits] = data.all.split(' ')[interval * (data.most + 1) + threads].split(',');
        const number = digits => parseInt(digits, 36);
        // A turn that is longer than a digit tells goes on in the next.
        const whole = turns.match(/(?:(.).(?=\1))*../g) ?? [];
        return {
            late: [typical / 10, rare / 10],
            turns: whole.map(turn => [number(turn[0]), [...turn].reduce((long, digit, place) => long + (place % 2 && number(digit)), 0)]),
            waits: (waits.match(/.{5}/g) ?? []).map(wait => [number(wait.slice(0, 2)), number(wait.slice(2))]),
        };
    };
    const says = at => {
        const [typical, rare] = course(at).late.map(ms);
        const threads = at[1] === 1 ? '1 thread computes' : `${at[1] || 'No'} thread${at[1] ? 's compute' : ' computes'}`;
        return `${threads}, the switch interval is ${data.intervals[at[0]]} ms: the woken thread is typically ${typical} ms late, and one time in twenty ${rare} ms or more.`;
    };
    const choice = at => ({ at, says: says(at) });
    const bar = (kind, lane, from, long) => {
        const [x, width] = [from, Math.min(long, data.length - from)].map(time => 100 * time / data.length);
        return `<rect class="${kind}" x="${x}%" y="${data.above + data.lane * lane + 2}" width="${width}%" height="${data.lane - 4}"/>`;
    };
    const axis = board.querySelector('.picture').innerHTML;

    return {
        start: () => choice(data.first),
        steps: {
            interval: ({ at }, value) => choice([Number(value), at[1]]),
            threads: ({ at }, value) => choice([at[0], Number(value)]),
        },
        show({ at }) {
            const { turns, waits } = course(at);
            let time = 0;
            const drawn = turns.map(([thread, long]) => bar('runs', thread + 1, (time += long) - long, long));
            const late = waits.map(([due, long]) => {
                const middle = (due + Math.min(due + long, data.length)) / 2;
                return `${bar('wants', 0, due, long)}<text class="c late" x="${100 * middle / data.length}%" y="13">${ms(long / 10)}</text>`;
            });
            draw(axis + drawn.join('') + late.join(''));
            lanes.forEach((lane, number) => lane.classList.toggle('off', number > at[1]));
            // The way back through the history moves the sliders too.
            sliders.forEach((slider, number) => {
                slider.value = at[number];
                slider.ariaValueText = slider.nextElementSibling.textContent = JSON.parse(slider.dataset.says)[at[number]];
            });
        },
    };
});
