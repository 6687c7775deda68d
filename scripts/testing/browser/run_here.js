// What is to come of a click on *Run it in this browser*, by chapter. `expected(slug, way)` is a list of what is otherwise, for the way
// in which the page could run it: `shared`, `apart`, or not at all, `replayed`.
globalThis.expected = (slug, way) => {
    const box = document.querySelector('.run-here');
    const found = [];
    const status = box.querySelector('.status').textContent;
    const cell = row => box.querySelector(`td[data-row="${row}"]`);
    const number = row => Number.parseFloat(cell(row).textContent.replaceAll(',', ''));
    const expect = (so, what) => so || found.push(`${what}: "${status}", ${[...box.querySelectorAll('td[data-row]')].map(cell => `${cell.dataset.row} ${cell.textContent}`).join(', ')}`);
    const measured = rows => rows.forEach(row => expect(number(row) > 0, `${row} is not measured`));
    const { state } = box.dataset;
    expect(['done', 'unclear', 'late', 'replayed'].includes(state) && status.length > 20, `it ends as ${state}`);
    expect(!box.querySelector('.results').hidden || state === 'late' || state === 'unclear', 'there is no table');
    // Each row has what our machines recorded, wherever they did.
    expect([...box.querySelectorAll('tbody tr:not([hidden])')].every(row => row.cells.length > 2), 'the recorded values are missing');
    if (way === 'replayed') {
        expect(state === 'replayed' && /So this experiment can’t run here; the table has what our machines recorded/.test(status), 'it is not replayed');
        expect([...box.querySelectorAll('td[data-row]')].every(cell => cell.textContent === '–'), 'something was measured');
        return found;
    }
    const [isDone, isUnclear] = [state === 'done', state === 'unclear'];
    ({
        'shared-counter'() {
            expect(isDone, 'it says nothing');
            if (way === 'shared') {
                expect(number('load-then-store') > 0, 'the broken way lost nothing');
                expect(number('own-memory') === 0 && number('fetch-add') === 0, 'a repaired way lost something');
            } else {
                expect(number('get-then-set') > 0, 'the broken way lost nothing');
                expect(number('add-message') === 0, 'the repaired way lost something');
                expect(cell('get-then-set').checkVisibility() && cell('load-then-store').textContent === '–', 'these are not the rows of messages');
            }
        },
        deadlock() {
            if (way === 'apart' && !navigator.locks) return expect(isUnclear && /own locks either/.test(status), 'it says nothing');
            expect(isDone && number('arranged') === 100, 'it did not deadlock every time');
            expect(/Worker 0 holds A and waits for B, which worker 1 holds; worker 1 holds B and waits for A, which worker 0 holds\./.test(status), 'the circle has no name');
            expect(way === 'shared' ? number('one-order') === 200 : /In one order, both were done/.test(status), 'one order did not finish');
        },
        'false-sharing'() {
            if (isDone) expect([32, 64, 128].includes(number('line')), 'no line has this size');
            else expect(isUnclear && /never ran at the same time|don’t settle|No distance costs more/.test(status), 'it says nothing');
        },
        'mutex-fixes'() {
            expect(isDone && /^(.* )?Every addition was counted\./.test(status), 'an addition was lost');
            measured(['mutex-1', 'compare-exchange-1', 'atomic-1', 'sharded-1', 'local-1']);
            const two = ['mutex-2', 'compare-exchange-2', 'atomic-2', 'sharded-2', 'local-2'];
            expect(two.every(row => number(row) > 0) || /never ran at the same time/.test(status), 'something is missing without a word');
        },
        'message-passing'() {
            expect(isDone, 'it says nothing');
            measured(way === 'shared' ? ['sleeping', 'post-message'] : ['post-message']);
            expect(number('spinning') > 0 || /shared a core|only messages/.test(status), 'something is missing without a word');
        },
        'spawn-cost'() {
            expect(isDone, 'it says nothing');
            measured(['worker', 'task', 'frame']);
            expect(document.querySelectorAll('iframe[title="an empty frame"]').length === 0, 'a frame is left');
        },
        responsiveness() {
            expect(isDone && / of sixty w(as|ere) a frame late or more\./.test(status), 'it says nothing');
            expect(box.querySelectorAll('.ticks rect[class]').length === 60, 'a tick was not met');
            expect(box.querySelectorAll('.ticks path.missed').length === box.querySelectorAll('.ticks rect.missed').length, 'a missed tick is not marked');
        },
    })[slug]();
    // What was measured and has a mark in the chart is marked there, in the drawing that is seen.
    const marked = [...box.querySelectorAll('td[data-mark]')].filter(cell => cell.textContent !== '–').length;
    const drawing = [...box.parentElement.querySelectorAll('svg[data-axis]')].find(svg => svg.clientWidth);
    expect(drawing.querySelectorAll('circle.here').length === marked, `${marked} values should be marked in the chart`);
    return found;
};
0;
