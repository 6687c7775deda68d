'use strict';

// Predictions are marked and drawn once the reader has guessed. The guess stays in this browser, in localStorage.
(() => {
    const store = {
        // Private windows and blocked storage throw; a guess then lasts as long as the page.
        lasts: true,
        session: new Map(),
        read(key) {
            try {
                return JSON.parse(localStorage.getItem('predict:' + key)) ?? this.session.get(key);
            } catch {
                return this.session.get(key);
            }
        },
        write(key, value) {
            this.session.set(key, value);
            try {
                localStorage.setItem('predict:' + key, JSON.stringify(value));
            } catch {
                this.lasts = false;
            }
        },
        forget(key) {
            this.session.delete(key);
            try {
                localStorage.removeItem('predict:' + key);
            } catch {
                this.lasts = false;
            }
        },
    };

    const make = (tag, properties, ...children) => {
        const element = Object.assign(document.createElement(tag), properties);
        element.append(...children);
        return element;
    };
    const plain = element => element.textContent.trim().replace(/\s+/g, ' ');

    // What is kept names the question's wording and the guess's, so that an edited question doesn't show an old answer.
    function fingerprint(text) {
        let hash = 0x811c9dc5;
        for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
        return (hash >>> 0).toString(16);
    }

    // The edition that the page shows, of those that a mark may differ between.
    let edition = 0;
    const words = { r: 'Right', n: 'Near', w: 'Wrong', u: 'Not measured here' };

    const svg = (tag, attributes) => {
        const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        return element;
    };

    // A line at a value, or a band between two, in a drawing that tells its axis; an arrow where it lies beyond.
    function drawn(drawing, [from, to]) {
        const { scale, places: [first, last], across, along, ...ends } = JSON.parse(drawing.dataset.axis);
        const on = scale === 'log' ? Math.log : Number;
        const share = value => (on(value) - on(ends.from)) / (on(ends.to) - on(ends.from));
        const px = value => first + (last - first) * Math.min(Math.max(share(value), 0), 1);
        const sorted = (one, other) => one < other ? [one, other] : [other, one];
        const [low, high] = sorted(px(from), px(to));
        const [start, end] = sorted(...across);
        const { width, height } = drawing.viewBox.baseVal;
        const isX = along === 'x';
        const says = 'your guess' + (share(from) > 1.001 ? isX ? ' →' : ' ↑' : share(to) < -0.001 ? isX ? ' ←' : ' ↓' : '');
        // Names of thresholds and other guesses stand above the plot as well: the first place where it meets no words.
        const taken = text => {
            const [at, y] = ['x', 'y'].map(name => Number(text.getAttribute(name)));
            const wide = 7.4 * text.textContent.length;
            const left = at - wide * ({ middle: 0.5, end: 1 }[text.getAttribute('text-anchor')] ?? 0);
            return { left, right: left + wide, y };
        };
        const names = Array.from(drawing.querySelectorAll('text:not([data-e] *)'), taken);
        const sides = [{ x: low + 4, 'text-anchor': 'start' }, { x: high - 4, 'text-anchor': 'end' }];
        const top = start < 16 ? start + 14 : start - 4;
        const places = isX
            ? [0, 17, 34, 51].flatMap(up => (low < width / 2 ? sides : sides.toReversed()).map(side => ({ ...side, y: top - up })))
            : [low < 18 ? Math.min(high + 14, height - 4) : low - 7].map(y => ({ x: Math.min(end, width - 2), y, 'text-anchor': 'end' }));
        const labels = places.filter(({ y }) => y > 10).map(place => Object.assign(svg('text', place), { textContent: says }));
        const label = labels.find(label => {
            const own = taken(label);
            return own.left > 0 && own.right < width && names.every(name => Math.abs(name.y - own.y) > 12 || name.left > own.right || name.right < own.left);
        }) ?? labels[0];
        const group = svg('g', { class: 'guess' });
        const line = isX ? `M${low} ${start}V${end}` : `M${start} ${low}H${end}`;
        group.append(svg('path', { d: line + (low === high ? '' : isX ? `H${high}V${start}Z` : `V${high}H${start}Z`) }), label);
        return group;
    }

    function ask(box) {
        const find = selector => box.querySelector(selector);
        const { key, chart, places } = box.dataset;
        const form = find('form');
        const answer = find('.answer');
        const radios = [...box.querySelectorAll('[type=radio]')];
        const slider = find('[type=range]');
        const says = slider ? JSON.parse(slider.dataset.says) : radios.map(radio => plain(radio.parentElement));
        const hash = fingerprint(plain(find('legend')));
        const marks = box.dataset.marks.split(' ');
        const rows = [...find('.guesses').children];
        const results = [...document.querySelectorAll('.predicted')].filter(result => result.dataset.key === key);
        // The page for printing has charts of all chapters, some of one name.
        const drawings = chart && !location.pathname.endsWith('/print.html') ? document.querySelectorAll(`figure[data-chart="${chart}"] svg[data-axis]`) : [];
        let guesses = [];
        // Whether the slider was moved, the answer asked for, and a guess is kept.
        let moved = false, asked = false, guessed = false;

        const chosen = () => slider ? (moved ? slider.valueAsNumber : -1) : radios.findIndex(radio => radio.checked);
        function choose(index) {
            radios.forEach((radio, number) => { radio.checked = number === index; });
            if (!slider) return;
            moved = index >= 0;
            slider.value = Math.max(index, 0);
            slider.ariaValueText = find('output').textContent = says[slider.value];
        }
        function guess(index) {
            store.write(key, { index, choice: says[index], question: hash });
            show();
        }

        // What is said of a guess, for each edition where the marks differ.
        function forEach(index, make) {
            const all = marks.map(marks => marks[index]);
            if (all.every(mark => mark === all[0])) return make(all[0]);
            return all.flatMap((mark, number) => make(mark).map(element => {
                element.dataset.e = number;
                element.hidden = number !== edition;
                return element;
            }));
        }
        const marked = index => forEach(index, mark => [make('b', { className: 'word ' + mark, textContent: words[mark] + '.' })]);
        const named = index => ['Your guess: ', make('strong', { textContent: says[index].replace(/[.\s]+$/, '') }), '. '];
        function why(index) {
            const why = rows.find(row => index <= row.dataset.to)?.querySelector('.why');
            return forEach(index, mark => why && mark !== 'r' ? [make('span', {}, ...why.cloneNode(true).childNodes)] : []);
        }

        function show() {
            const kept = store.read(key);
            const had = guessed;
            guessed = kept?.question === hash && says[kept.index] === kept.choice;
            const index = guessed ? kept.index : -1;
            // A guess that was taken back, here or in another tab, takes the answer with it.
            if (had && !guessed) asked = false;
            if (had || guessed) choose(index);
            answer.open = guessed || asked;
            box.classList.toggle('guessed', guessed);
            box.classList.toggle('answered', answer.open);
            find('.note').textContent = !guessed ? '' : store.lasts ? 'Kept in this browser only.' : 'Kept until you leave this page.';
            find('.outcome').replaceChildren(...guessed ? marked(index) : []);
            find('p.said').replaceChildren(...guessed ? [...named(index), ...why(index)] : []);
            // What the chapter tells where it shows the measurements is told here as well.
            if (results[0] && !box.matches('.opening')) find('.result').replaceChildren(...results[0].querySelector('.result').cloneNode(true).childNodes);
            for (const result of results) {
                const link = make('a', { href: '#' + box.id, textContent: 'prediction' });
                result.querySelector('.said').replaceChildren(...guessed ? [...marked(index), ' ', ...named(index)] : ['You made no ', link, '.']);
            }
            guesses.forEach(old => old.remove());
            const place = guessed && JSON.parse(places ?? '[]')[index];
            // Below the labels of rows, which clear the plot's lines.
            guesses = Array.from(place ? drawings : [], drawing => drawing.insertBefore(drawn(drawing, place), drawing.querySelector('.l')));
        }

        // An arrow key moves on to the next choice, which isn't a guess yet.
        let byArrow = false;
        form.addEventListener('keydown', event => {
            byArrow = event.key.startsWith('Arrow');
            // mdBook turns pages with the arrow keys.
            if (byArrow) event.stopPropagation();
            if (event.key === ' ' && event.target.checked) guess(chosen());
        });
        // To take hold of the slider where it stands is to choose that.
        form.addEventListener('pointerdown', ({ target }) => {
            byArrow = false;
            moved ||= target === slider;
        });
        form.addEventListener('input', () => {
            if (slider) choose(slider.valueAsNumber);
            if (answer.open || !slider && !byArrow) guess(chosen());
        });
        form.addEventListener('submit', event => {
            event.preventDefault();
            asked = true;
            if (chosen() >= 0) guess(chosen());
            else show();
            // The button is gone.
            find('.finding').focus({ preventScroll: true });
        });
        find('.forget').addEventListener('click', () => {
            store.forget(key);
            show();
            (slider ?? radios[0]).focus();
        });
        show();
        // Before this, it would have sent the form away.
        find('.show').disabled = false;
        box.classList.remove('waits');
        return { key, show };
    }

    const questions = Array.from(document.querySelectorAll('.predict'), ask);

    document.addEventListener('edition', ({ detail }) => {
        edition = detail;
        questions.forEach(({ show }) => show());
    });

    // The same question may be open in another tab.
    addEventListener('storage', event => {
        for (const { key, show } of questions) if (event.key === null || event.key === 'predict:' + key) show();
    });
})();
