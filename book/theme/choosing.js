'use strict';

// "Choosing", a question at a time. Its words are the table's; its state is the address: a language and the answers so far.
(() => {
    const box = document.querySelector('.choosing');
    if (!box) return;
    const [trail, status, panel] = ['.trail', '.status', '.panel'].map(part => box.querySelector(part));
    const languages = [...box.querySelectorAll('[data-language]')];
    const table = document.querySelector('.all-answers');
    const rows = asked => new Map([...table.querySelectorAll(`tr[data-path]${asked}`)].map(row => [row.dataset.path, row]));
    const [questions, answers] = [rows('.asked'), rows(':not(.asked)')];
    const key = 'choosing:language';

    const kept = () => {
        try {
            return localStorage.getItem(key);
        } catch {
            return null;
        }
    };
    const keep = language => {
        try {
            localStorage.setItem(key, language);
        } catch {
            // Where nothing can be kept, the address still says it.
        }
    };

    const make = (tag, properties, ...children) => {
        const element = Object.assign(document.createElement(tag), properties);
        element.append(...children);
        return element;
    };
    // What stands in a place of the table.
    const words = (row, place) => [...row.querySelector(place)?.cloneNode(true).childNodes ?? []];
    const address = (language, path) => `#${language}:${path}`;

    // What nobody knows is the first question.
    function state() {
        const [, language, path = ''] = /^#(python|rust):([a-z-]*)$/.exec(location.hash) ?? [];
        return {
            language: language ?? (kept() === 'rust' ? 'rust' : 'python'),
            path: questions.has(path) || answers.has(path) ? path : '',
        };
    }

    function asking(language, path) {
        const list = [...answers].filter(([way]) => way.slice(0, Math.max(way.lastIndexOf('-'), 0)) === path);
        const hint = words(questions.get(path), '.hint');
        return [
            make('p', { className: 'asks', tabIndex: -1, role: 'heading', ariaLevel: '2' }, ...words(questions.get(path), '.asks')),
            ...hint.length ? [make('p', { className: 'hint' }, ...hint)] : [],
            make('ul', { className: 'answers' }, ...list.map(([way, row]) => make('li', {}, make('a', { href: address(language, way) }, ...words(row, '.says'))))),
        ];
    }

    function telling(language, path) {
        const row = answers.get(path);
        const cell = row.cells[language === 'rust' ? 2 : 1];
        const mind = words(cell, '.mind');
        const part = (name, content) => [make('dt', {}, name), make('dd', {}, ...content)];
        const copy = make('button', { type: 'button', textContent: 'Copy the link', hidden: !navigator.clipboard });
        copy.addEventListener('click', async () => {
            await navigator.clipboard.writeText(location.href);
            copy.textContent = 'Copied';
        });
        const code = make('code', { className: `language-${language}`, textContent: cell.dataset.code });
        const shown = cell.dataset.code ? [make('pre', {}, code)] : [];
        if (shown.length) globalThis.hljs?.highlightBlock(code);
        return [
            make('p', { className: 'asks', tabIndex: -1, role: 'heading', ariaLevel: '2' }, ...cell.dataset.says ? [cell.dataset.says] : words(row, '.shape')),
            make('p', { className: 'use' }, make('span', {}, language === 'rust' ? 'In Rust' : 'In Python'), make('span', {}, ...words(cell, '.use'))),
            ...shown,
            make('dl', {}, ...mind.length ? part('Mind', mind) : [], ...part('Measured', words(row, '.evidence'))),
            make('p', { className: 'on' }, copy, make('a', { href: address(language, '') }, 'Ask about another part')),
        ];
    }

    function show() {
        const { language, path } = state();
        const steps = path ? path.split('-') : [];
        trail.replaceChildren(...steps.map((_, at) => {
            const [from, to] = [steps.slice(0, at), steps.slice(0, at + 1)].map(steps => steps.join('-'));
            const link = make('a', { href: address(language, from) }, ...words(questions.get(from), '.asks'));
            return make('li', {}, link, ' ', make('b', {}, ...words(answers.get(to), '.says')));
        }));
        trail.hidden = !steps.length;
        const isAsked = questions.has(path);
        panel.replaceChildren(...(isAsked ? asking : telling)(language, path));
        status.textContent = isAsked ? `Question ${steps.length + 1}` : 'Answer';
        for (const button of languages) button.ariaPressed = String(button.dataset.language === language);
        for (const link of document.querySelectorAll('main a[href^="#python:"], main a[href^="#rust:"]')) {
            link.hash = address(language, link.hash.split(':')[1]);
        }
        box.classList.remove('loads');
    }

    // All of it is seen, or it begins at the top.
    function reveal() {
        const { top, bottom } = box.getBoundingClientRect();
        if (top < document.getElementById('mdbook-menu-bar').offsetHeight || bottom > innerHeight) box.scrollIntoView();
    }

    addEventListener('hashchange', () => {
        // Other addresses lead to other places of the page.
        if (location.hash && !location.hash.includes(':')) return;
        show();
        reveal();
        panel.querySelector('.asks').focus({ preventScroll: true });
    });
    for (const button of languages) {
        button.addEventListener('click', () => {
            const { language } = button.dataset;
            keep(language);
            history.replaceState(history.state, '', address(language, state().path));
            show();
        });
    }
    show();
    if (state().path && !scrollY) reveal();
})();
