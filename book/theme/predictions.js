'use strict';

// Predictions: choices or a slider, marked and drawn once the reader has guessed. The guess stays in this browser: it is written
// to localStorage and goes nowhere else.
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

    const questions = Array.from(document.querySelectorAll('.predict'), box => {
        const find = selector => box.querySelector(selector);
        const { key, marks, places, chart } = box.dataset;
        const form = find('form');
        const radios = [...form.querySelectorAll('[type=radio]')];
        const slider = form.querySelector('[type=range]');
        const question = {
            box, key, chart, radios, slider,
            hash: fingerprint(plain(find('legend'))),
            says: slider ? JSON.parse(slider.dataset.says) : radios.map(radio => plain(radio.parentElement)),
            marks: marks.split(' '),
            places: JSON.parse(places ?? '[]'),
            output: find('output'), note: find('.note'), answer: find('.answer'), outcome: find('.outcome'), result: find('.result'), said: find('p.said'), guesses: find('.guesses'),
            // Whether the slider was moved, the answer asked for, and a guess is kept.
            moved: false, asked: false, guessed: false,
        };
        const guess = index => {
            store.write(key, { index, choice: question.says[index], question: question.hash });
            show(key);
        };

        // An arrow key moves on to the next choice, which isn't a guess yet.
        let byArrow = false;
        form.addEventListener('keydown', event => {
            byArrow = event.key.startsWith('Arrow');
            // mdBook turns pages with the arrow keys.
            if (byArrow) event.stopPropagation();
            if (event.key === ' ' && event.target.checked) guess(radios.indexOf(event.target));
        });
        form.addEventListener('pointerdown', () => { byArrow = false; });
        radios.forEach((radio, index) => radio.addEventListener('change', () => {
            if (!byArrow || question.answer.open) guess(index);
        }));
        slider?.addEventListener('input', () => {
            question.moved = true;
            tell(question);
            if (question.answer.open) guess(slider.valueAsNumber);
        });
        // To take hold of the slider where it stands is to choose that.
        slider?.addEventListener('pointerdown', () => { question.moved = true; });

        form.addEventListener('submit', event => {
            event.preventDefault();
            const index = slider ? (question.moved ? slider.valueAsNumber : -1) : radios.findIndex(radio => radio.checked);
            question.asked = true;
            if (index >= 0) guess(index);
            else show(key);
            // The button is gone.
            find('.finding').focus({ preventScroll: true });
        });
        find('.forget').addEventListener('click', () => {
            store.forget(key);
            show(key);
            (slider ?? radios[0]).focus();
        });
        return question;
    });

    const valid = (kept, question) => kept && kept.question === question.hash && question.says[kept.index] === kept.choice;

    // What the slider says where it stands.
    function tell({ slider, says, output }) {
        const words = says[slider.valueAsNumber];
        slider.ariaValueText = words;
        output.textContent = words;
    }

    // The edition that the page shows, of those that a mark may differ between.
    let edition = 0;
    const words = { r: 'right', n: 'near', w: 'wrong', u: 'unknown' };

    // What is said of a guess, for each edition where they differ: its mark, and the guess with the reason why people make it.
    function verdicts(question, index) {
        const marks = question.marks.map(marks => marks[index]);
        const differ = marks.some(mark => mark !== marks[0]);
        const why = Array.from(question.guesses.children).find(row => index <= row.dataset.to)?.querySelector('.why');
        const of = (element, number) => {
            if (!differ) return element;
            element.dataset.e = number;
            element.hidden = number !== edition;
            return element;
        };
        const all = differ ? marks : marks.slice(0, 1);
        return {
            words: all.map((mark, number) => {
                const word = words[mark];
                const says = mark === 'u' ? 'Not measured here' : word[0].toUpperCase() + word.slice(1);
                return of(make('b', { className: 'word ' + word, textContent: says + '.' }), number);
            }),
            guess: ['Your guess: ', make('strong', { textContent: question.says[index].replace(/[.\s]+$/, '') }), '. '],
            whys: why ? all.flatMap((mark, number) => mark === 'r' ? [] : [of(make('span', {}, ...why.cloneNode(true).childNodes), number)]) : [],
        };
    }

    const svg = (tag, attributes) => {
        const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        return element;
    };

    // Draws a guess into a drawing whose axis is known: a line at a value, or a band between two; beyond the axis's end, an arrow.
    function draw(drawing, [from, to]) {
        const axis = JSON.parse(drawing.dataset.axis);
        const on = axis.scale === 'log' ? value => Math.log10(Math.max(value, Number.MIN_VALUE)) : value => value;
        const share = value => (on(value) - on(axis.from)) / (on(axis.to) - on(axis.from));
        const px = value => axis.places[0] + Math.min(Math.max(share(value), 0), 1) * (axis.places[1] - axis.places[0]);
        const [low, high] = [px(from), px(to)].sort((one, other) => one - other);
        const [start, end] = [...axis.across].sort((one, other) => one - other);
        const { width, height } = drawing.viewBox.baseVal;
        const group = svg('g', { class: 'guess' });
        const along = axis.along === 'x';
        if (high - low > 2) {
            group.append(svg('rect', along ? { x: low, y: start, width: high - low, height: end - start } : { x: start, y: low, width: end - start, height: high - low }));
        } else {
            const middle = (low + high) / 2;
            group.append(svg('line', along ? { x1: middle, x2: middle, y1: start, y2: end } : { x1: start, x2: end, y1: middle, y2: middle }));
        }
        const beyond = share(from) > 1.001 ? 1 : share(to) < -0.001 ? -1 : 0;
        const arrow = beyond && (along ? '← →' : '↓ ↑').split(' ')[(beyond + 1) / 2];
        const label = svg('text', along
            ? { x: low > width / 2 ? high - 4 : low + 4, y: start < 16 ? start + 14 : start - 4, 'text-anchor': low > width / 2 ? 'end' : 'start' }
            : { x: Math.min(end, width - 2), y: low < 18 ? Math.min(high + 14, height - 4) : low - 5, 'text-anchor': 'end' });
        label.textContent = arrow ? `your guess ${arrow}` : 'your guess';
        group.append(label);
        drawing.append(group);
    }

    // The page for printing has charts of all chapters, some of one name.
    const isOneChapter = !location.pathname.endsWith('/print.html');

    function show(key) {
        const kept = store.read(key);
        for (const question of questions) {
            if (question.key !== key) continue;
            const { box, slider, radios, answer, said } = question;
            const guessed = Boolean(valid(kept, question));
            // A guess that was taken back, here or in another tab, takes the answer with it.
            if (question.guessed && !guessed) question.asked = false;
            if (question.guessed || guessed) {
                radios.forEach((radio, index) => { radio.checked = guessed && index === kept.index; });
                if (slider) {
                    slider.value = guessed ? kept.index : 0;
                    question.moved = guessed;
                    tell(question);
                }
            }
            question.guessed = guessed;
            answer.open = guessed || question.asked;
            box.classList.toggle('guessed', guessed);
            box.classList.toggle('answered', answer.open);
            const { words, guess, whys } = guessed ? verdicts(question, kept.index) : { words: [], guess: [], whys: [] };
            question.outcome.replaceChildren(...words);
            // What the chapter tells where it shows the measurements is told here as well.
            const told = document.querySelector(`.predicted[data-key="${CSS.escape(key)}"] .result`);
            if (told && !box.matches('.opening')) question.result.replaceChildren(...told.cloneNode(true).childNodes);
            said.replaceChildren(...guess, ...whys);
            question.note.textContent = !guessed ? '' : store.lasts ? 'Kept in this browser only.' : 'Kept until you leave this page.';
            if (!question.chart || !isOneChapter) continue;
            for (const drawing of document.querySelectorAll(`figure[data-chart="${CSS.escape(question.chart)}"] svg[data-axis]`)) {
                drawing.querySelectorAll('.guess').forEach(old => { if (old.dataset.key === key) old.remove(); });
                const place = guessed && question.places[kept.index];
                if (!place) continue;
                draw(drawing, place);
                drawing.lastElementChild.dataset.key = key;
            }
        }
        for (const result of document.querySelectorAll('.predicted')) {
            if (result.dataset.key !== key) continue;
            const question = questions.find(question => question.key === key);
            const said = result.querySelector('.said');
            if (question?.guessed) {
                const { words, guess } = verdicts(question, kept.index);
                said.replaceChildren(...words, ' ', ...guess);
            } else {
                const href = question ? '#' + question.box.id : `${path_to_root}${key.split('/')[0]}.html#predict-${key.replace(/\W+/g, '-')}`;
                said.replaceChildren('You made no ', make('a', { href, textContent: 'prediction' }), '.');
            }
        }
    }

    const keys = new Set(Array.from(document.querySelectorAll('.predict, .predicted'), ({ dataset }) => dataset.key));
    const showAll = () => keys.forEach(show);
    showAll();

    document.addEventListener('edition', ({ detail }) => {
        edition = detail;
        showAll();
    });

    // The same question may be open in another tab.
    addEventListener('storage', ({ key }) => {
        if (key === null) showAll();
        else if (key.startsWith('predict:')) show(key.slice(8));
    });
})();
