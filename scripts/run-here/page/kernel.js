'use strict';

// Runs a chapter's experiment in the reader's browser, beside the recorded one. An experiment is declared by
//
//     runHere.experiment('some-slug', { async shared(lab) { … }, async apart(lab) { … } })
//
// `shared` runs on workers that share memory, `apart` where memory can't be shared. Both are given a `lab`, and tell their results
// by `lab.tell(row, value)`, each in the unit of its row. What they return is said in words. Nothing is sent anywhere.
globalThis.runHere ??= (() => {
    // The module of scripts/run-here, which the book's builder puts here.
    const BYTES = 'BYTES';
    // Where a worker's team and the experiment's own place lie; below are the workers' stacks.
    const TEAM = 1 << 16, PLACE = TEAM + 4096, STACK = 1 << 13;
    const PAGES = { initial: 16, maximum: 16, shared: true };
    const DEADLINE = 3000;
    // What the page is to do once it is loaded again; `book/theme/run-here.js` looks for it.
    const NEXT = 'run-here-next';
    // That it was loaded again, and couldn't share memory all the same.
    const REFUSED = 'run-here-refused';
    const experiments = new Map();
    const make = (tag, properties, ...children) => {
        const element = Object.assign(document.createElement(tag), properties);
        element.append(...children);
        return element;
    };
    const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];
    const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

    // ---- Workers ----

    let compiled;
    const module = () => compiled ??= WebAssembly.compile(Uint8Array.from(atob(BYTES), byte => byte.charCodeAt(0)));

    // Runs in a worker. Its source goes into a blob, which works from a file too, so it may use nothing from the page.
    function inside() {
        let call;
        onmessage = async ({ data }) => {
            if (call) return postMessage(data.map(call));
            const { module, shared, pages, number, workers, team, place, top } = data;
            const memory = shared ?? new WebAssembly.Memory(pages);
            const cells = new Int32Array(memory.buffer), span = new Float64Array(memory.buffer, team + 16 * number, 2);
            const { exports } = await WebAssembly.instantiate(module, { env: {
                memory,
                wait: (at, value) => { Atomics.wait(cells, at >> 2, value); },
                notify: (at, sleepers) => { Atomics.notify(cells, at >> 2, sleepers >>> 0); },
                // Nobody ever changes this cell. A wait of no time at all wouldn't give the core away.
                yield_now: () => { Atomics.wait(cells, cells.length - 1, 0, 0.05); },
                now: () => performance.timeOrigin + performance.now(),
            } });
            exports.__stack_pointer.value = top;
            call = ([name, ...values]) => ({ value: exports[name](team, place, number, workers, ...values), began: span[0], ended: span[1] });
            postMessage('ready');
        };
    }

    const script = body => URL.createObjectURL(new Blob([`'use strict';(${body})()`], { type: 'text/javascript' }));
    let url;

    // What one run has: its workers, its deadline, its results.
    function start(box) {
        const workers = new Set(), elements = new Set(), sources = new Set();
        const ends = performance.now() + DEADLINE;
        let stop;
        const late = new Promise((_, reject) => { stop = reject; });
        late.catch(() => {});
        const timer = setTimeout(() => stop(new Late()), DEADLINE);
        const inTime = promise => {
            const raced = Promise.race([promise, late]);
            // Nobody may be waiting for it any more when time is up.
            raced.catch(() => {});
            return raced;
        };
        const next = worker => inTime(new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = event => reject(new Error(event.message || 'a worker could not be started'));
        }));
        const worker = url => {
            const worker = new Worker(url);
            workers.add(worker);
            return worker;
        };
        const end = worker => {
            worker.terminate();
            workers.delete(worker);
        };
        // Where a box has several buttons, each adds its own rows.
        const results = { ...buttons(box).length > 1 && box.results };
        return {
            live: box.querySelector('.live'), median, inTime, next, worker, end,
            // The address of a script that is this function, for a worker of the experiment's own.
            source(body) {
                const url = script(body);
                sources.add(url);
                return url;
            },
            pause: ms => inTime(pause(ms)),
            // How long is left, in ms.
            left: () => ends - performance.now(),
            tell(row, value) {
                results[row] = value;
                show(box, results);
            },
            // So many workers on one memory, or each on a memory of its own.
            async crew(count, { own = false } = {}) {
                url ??= script(inside);
                const compiled = await inTime(module()), shared = own ? undefined : new WebAssembly.Memory(PAGES);
                const all = Array.from({ length: count }, () => worker(url));
                const ask = orders => Promise.all(all.map((worker, number) => {
                    const answer = next(worker);
                    worker.postMessage(orders(number));
                    return answer;
                }));
                await ask(number => ({
                    module: compiled, shared, pages: PAGES, team: TEAM, place: PLACE, top: STACK * (number + 1),
                    number: own ? 0 : number, workers: own ? 1 : count,
                }));
                return {
                    // What each worker answers to each of these calls, one after the other: `[worker][call]`.
                    run: (...calls) => ask(() => calls),
                    clear: () => new Uint8Array(shared.buffer, TEAM).fill(0),
                    end: () => all.forEach(end),
                    // The same as soon as both workers run at the same time, and whether they do.
                    async together(...calls) {
                        const answers = await ask(() => [['at_once', 40], ...calls]);
                        return { atOnce: answers[0].shift().value === 1, answers: [answers[0], answers[1].slice(1)] };
                    },
                    place: shared && new Float64Array(shared.buffer, PLACE, 64),
                    // The same for the page, which mustn't sleep: it looks on.
                    look: () => instance(compiled, shared, count),
                };
            },
            // The module alone, on a memory that nobody else has.
            alone: async () => instance(await inTime(module()), new WebAssembly.Memory(PAGES), 0),
            // An element that is gone when the run is over.
            put(element) {
                elements.add(element);
                document.body.append(element);
                return element;
            },
            close() {
                clearTimeout(timer);
                workers.forEach(end);
                elements.forEach(element => element.remove());
                sources.forEach(url => URL.revokeObjectURL(url));
            },
        };
    }

    async function instance(module, memory, number) {
        const nothing = () => 0;
        const { exports } = await WebAssembly.instantiate(module, { env: { memory, wait: nothing, notify: nothing, yield_now: nothing, now: nothing } });
        exports.__stack_pointer.value = STACK * (number + 1);
        return (name, ...values) => exports[name](TEAM, PLACE, number, number + 1, ...values);
    }

    class Late extends Error {}
    // What an experiment throws that can't tell.
    class Unclear extends Error {}

    // From the first start to the last end of a call, and the part of that in which all were at work.
    const took = answers => Math.max(...answers.map(answer => answer.ended)) - Math.min(...answers.map(answer => answer.began));
    const overlap = answers => (Math.min(...answers.map(answer => answer.ended)) - Math.max(...answers.map(answer => answer.began))) / took(answers);

    // ---- Memory that workers may share ----

    const root = new URL('./', document.baseURI).href;
    const isolator = root + 'isolate.js';
    const own = async () => {
        const registration = await navigator.serviceWorker.getRegistration(root);
        const script = registration && (registration.active ?? registration.waiting ?? registration.installing)?.scriptURL;
        return registration?.scope === root ? { registration, isOurs: script === isolator } : {};
    };

    // Loads the page once more, isolated, or says why that can't be.
    async function isolate(box, action, again) {
        if (location.protocol === 'file:') return 'This page was opened as a file, and browsers let only pages from a server share memory between threads.';
        if (!isSecureContext) return 'Browsers let a page share memory between threads only if it came over HTTPS, or from this machine.';
        if (!navigator.serviceWorker) return 'This browser, or this private window, has no service workers, which this page needs in order to share memory between threads.';
        try {
            // It was loaded once more, and that didn't help: it won't be loaded a third time.
            if (again) sessionStorage.setItem(REFUSED, root);
            if (sessionStorage.getItem(REFUSED) === root) return 'This browser doesn’t let the page share memory between threads.';
            // Not in the tab's own storage: an isolated page gets a copy of that, and what it removes there stays for pages that aren't.
            localStorage.setItem(NEXT, JSON.stringify([box.dataset.slug, action, Date.now()]));
        } catch {
            return 'This browser keeps nothing for this page, not even that it was loaded once more so that threads can share memory.';
        }
        try {
            const { registration, isOurs } = await own();
            if (registration && !isOurs) throw new Error('another one is in charge of this page');
            const { installing, waiting, active } = await navigator.serviceWorker.register(isolator, { scope: root, updateViaCache: 'none' });
            const worker = installing ?? waiting ?? active;
            const activated = new Promise((resolve, reject) => {
                const look = () => worker.state === 'activated' ? resolve() : worker.state === 'redundant' && reject(new Error('it was refused'));
                worker.addEventListener('statechange', look);
                look();
            });
            await Promise.race([activated, pause(DEADLINE).then(() => { throw new Error('it took too long'); })]);
        } catch (error) {
            localStorage.removeItem(NEXT);
            return `The service worker that would let this page share memory couldn’t be started: ${error.message}.`;
        }
        location.reload();
        return new Promise(() => {});
    }

    // ---- What the reader sees ----

    const buttons = box => [...box.querySelectorAll('button[data-run]')];
    const cells = box => [...box.querySelectorAll('td[data-row]')];
    const rounded = value => value === 0 ? '0' : Number(value.toPrecision(value >= 100 ? 3 : 2)).toLocaleString('en', { maximumFractionDigits: 3 });
    const TIMES = [['ns', 1], ['µs', 1e3], ['ms', 1e6], ['s', 1e9]];

    function words(value, unit) {
        if (value === undefined) return '–';
        if (unit !== 'ns') return `${rounded(value)}\u00a0${unit}`;
        const [name, size] = TIMES.findLast(([, size]) => value >= size) ?? TIMES[0];
        return `${rounded(value / size)}\u00a0${name}`;
    }

    // The table, and hollow marks on the chapter's chart.
    function show(box, results) {
        box.querySelector('.results').hidden = false;
        for (const cell of cells(box)) {
            const { row, unit, only } = cell.dataset;
            cell.textContent = words(results[row], unit);
            cell.parentElement.hidden = Boolean(only) && !(row in results);
        }
        draw(box, results);
    }

    const svg = (tag, attributes) => {
        const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        return element;
    };

    function draw(box, results) {
        const drawings = box.parentElement.querySelectorAll('svg[data-axis]');
        for (const drawing of drawings) {
            drawing.querySelectorAll('.here').forEach(old => old.remove());
            if (!drawing.clientWidth) continue;
            const { scale, from, to, places: [first, last], along } = JSON.parse(drawing.dataset.axis);
            const on = scale === 'log' ? Math.log : Number;
            for (const { dataset: { row, unit, mark } } of cells(box)) {
                const recorded = mark && drawing.querySelector(`[data-c^="${mark}."]`);
                if (!recorded || results[row] === undefined) continue;
                const { x, y, width, height } = recorded.getBBox();
                const share = (on(results[row]) - on(from)) / (on(to) - on(from));
                const at = first + (last - first) * Math.min(Math.max(share, 0), 1);
                const [cx, cy] = along === 'x' ? [at, y + height / 2] : [x + width / 2, at];
                const [circle, title] = [svg('circle', { class: 'here', cx, cy, r: 6 }), svg('title', {})];
                title.textContent = `this browser: ${words(results[row], unit)}`;
                circle.append(title);
                drawing.append(circle);
                // What lies beyond the axis stands at its end, and says so.
                if (share < 1.001) continue;
                const beyond = svg('text', { class: 'here', x: cx - 10, y: cy - 8, 'text-anchor': 'end' });
                beyond.textContent = `${words(results[row], unit)} ${along === 'x' ? '→' : '↑'}`;
                drawing.append(beyond);
            }
        }
        box.redraw ??= new ResizeObserver(() => draw(box, box.results ?? {}));
        drawings.forEach(drawing => box.redraw.observe(drawing));
        box.results = results;
    }

    const say = (box, ...what) => box.querySelector('.status').replaceChildren(...what);
    const kept = slug => `run-here:${slug}`;

    function keep(box, said) {
        const { slug, module } = box.dataset;
        try {
            localStorage.setItem(kept(slug), JSON.stringify({ module, said, results: box.results, on: Date.now() }));
        } catch { /* it stands until the page is left */ }
    }

    // Forgets all results, and ends the service worker if it is ours.
    async function forget(box) {
        try {
            for (const key of Object.keys(localStorage)) if (key.startsWith(kept('')) || key === NEXT) localStorage.removeItem(key);
            sessionStorage.removeItem(REFUSED);
        } catch { /* nothing was kept */ }
        if (navigator.serviceWorker && isSecureContext && location.protocol !== 'file:') {
            const { registration, isOurs } = await own();
            if (isOurs) {
                await registration.unregister();
                return location.reload();
            }
        }
        draw(box, {});
        box.querySelector('.results').hidden = true;
        say(box, 'Removed.');
    }

    // `box.dataset.state` is how it stands: running, then done, unclear, late, failed, or replayed.
    async function run(box, action, again) {
        const { slug, state } = box.dataset;
        if (state === 'running') return;
        box.dataset.state = 'running';
        for (const button of buttons(box)) button.ariaDisabled = 'true';
        const { shared, apart } = experiments.get(slug);
        let lab, why = '', outcome = 'done';
        try {
            let experiment = shared ?? apart;
            if (shared && !globalThis.crossOriginIsolated) {
                say(box, 'Threads may share memory only in a page that is isolated from other sites, so this page is loaded once more …');
                why = `${await isolate(box, action, again)} `;
                experiment = apart;
            }
            if (!experiment) {
                outcome = 'replayed';
                show(box, {});
                return say(box, `${why}So this experiment can’t run here; the table has what our machines recorded. In a terminal it is `, make('code', { textContent: `cargo run -p ${slug}` }), '.');
            }
            say(box, `${why}Running …`);
            lab = start(box);
            if (buttons(box).length < 2) show(box, {});
            const said = why + await lab.inTime(experiment(lab, action));
            say(box, said);
            keep(box, said);
        } catch (error) {
            outcome = error instanceof Late ? 'late' : error instanceof Unclear ? 'unclear' : 'failed';
            const said = { late: 'It wasn’t done within three seconds, probably because this machine is busy.', unclear: error.message, failed: `It failed: ${error.message}.` };
            say(box, `${why}${said[outcome]} Run it again.`);
        } finally {
            lab?.close();
            for (const button of buttons(box)) button.ariaDisabled = null;
            box.querySelector('.forget-run').hidden = false;
            box.dataset.state = outcome;
        }
    }

    return {
        experiment: (slug, ways) => experiments.set(slug, ways),
        run, forget, Unclear, took, overlap, svg,
        // Goes on where the page was asked to before it was loaded once more; or shows a result that was kept, if this version has made it.
        resume(box) {
            const { slug, module } = box.dataset;
            const [of, action, at] = JSON.parse(localStorage.getItem(NEXT)) ?? [];
            if (of === slug) localStorage.removeItem(NEXT);
            if (of === slug && Date.now() - at < 20_000) {
                box.closest('details').open = true;
                box.closest('.predict').classList.add('answered');
                box.querySelector(`[data-run="${action}"]`).focus({ preventScroll: true });
                box.scrollIntoView({ block: 'center' });
                return run(box, action, true);
            }
            const old = JSON.parse(localStorage.getItem(kept(slug)));
            if (old?.module !== module) return;
            show(box, old.results);
            say(box, `On ${new Date(old.on).toLocaleDateString('en', { day: 'numeric', month: 'long' })}: ${old.said}`);
            box.querySelector('.forget-run').hidden = false;
        },
    };
})();
