'use strict';

// Predictions. The reader's choice stays in this browser: it is written to localStorage and goes nowhere else.
(() => {
    const store = {
        // Private windows and blocked storage throw; a choice then lasts as long as the page.
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

    // What is kept names the question's wording and the choice's, so that an edited question doesn't show an old answer.
    function fingerprint(text) {
        let hash = 0x811c9dc5;
        for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
        return (hash >>> 0).toString(16);
    }

    const questions = [];

    function ask(details) {
        const { key } = details.dataset;
        const summary = details.querySelector('summary');
        const list = details.querySelector('ol, ul');
        if (!key || !summary || !list) return;

        const number = questions.length;
        const question = { key, hash: fingerprint(plain(summary)), choices: [], radios: [] };
        question.texts = Array.from(list.children, plain);
        for (const item of list.children) {
            // A loose list has paragraphs, which a label may not contain.
            const content = Array.from(item.childNodes).flatMap(node => node.nodeName === 'P' ? [...node.childNodes] : [node]);
            const radio = make('input', { type: 'radio', name: 'predict-' + number });
            radio.addEventListener('change', () => {
                const index = question.radios.indexOf(radio);
                store.write(key, { index, choice: question.texts[index], question: question.hash });
                show(key);
            });
            question.radios.push(radio);
            item.replaceChildren(make('label', {}, radio, make('span', {}, ...content)));
        }
        question.note = make('span', {});
        question.forget = make('button', { type: 'button', textContent: 'Forget', ariaLabel: 'Forget my prediction' });
        question.forget.addEventListener('click', () => {
            store.forget(key);
            show(key);
            question.radios[0].focus();
        });

        // In print.html ids may have been renamed and a key may occur twice, so links go to the element that is there.
        let id = details.id || 'predict-' + key.replace(/\W+/g, '-');
        if (!details.id && document.getElementById(id)) id += '-' + number;
        question.fieldset = make('fieldset', { className: 'predict asked', id },
            make('legend', {}, ...summary.childNodes),
            list,
            make('p', { className: 'kept' }, question.note, ' ', question.forget));
        question.fieldset.dataset.key = key;
        details.replaceWith(question.fieldset);
        questions.push(question);
    }

    const valid = (kept, question) => kept && kept.question === question.hash && question.texts[kept.index] === kept.choice;

    // The question that comes before in the page, or else the first with this key.
    function questionFor(key, element) {
        const all = questions.filter(question => question.key === key);
        return all.findLast(({ fieldset }) => fieldset.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) ?? all[0];
    }

    function show(key) {
        const kept = store.read(key);
        for (const question of questions) {
            if (question.key !== key) continue;
            const chosen = valid(kept, question);
            question.radios.forEach((radio, index) => { radio.checked = chosen && index === kept.index; });
            question.forget.classList.toggle('unused', !chosen);
            question.note.textContent = store.lasts ? 'Kept in this browser only.' : 'Kept until you leave this page.';
        }
        for (const result of document.querySelectorAll('p.predicted')) {
            if (result.dataset.key !== key) continue;
            const question = questionFor(key, result);
            let said = result.querySelector('.said');
            if (!said) {
                said = make('span', { className: 'said' });
                result.prepend(said, ' ');
            }
            if (question ? valid(kept, question) : kept?.choice) {
                said.replaceChildren('You predicted: ', make('strong', { textContent: kept.choice.replace(/[.\s]+$/, '') }), '.');
            } else {
                const id = 'predict-' + key.replace(/\W+/g, '-');
                const href = question ? '#' + question.fieldset.id : `${path_to_root}${key.split('/')[0]}.html#${id}`;
                said.replaceChildren('You made no ', make('a', { href, textContent: 'prediction' }), '.');
            }
        }
    }

    document.querySelectorAll('details.predict').forEach(ask);
    const keys = new Set(Array.from(document.querySelectorAll('p.predicted[data-key]'), result => result.dataset.key));
    for (const { key } of questions) keys.add(key);
    keys.forEach(show);

    // A link to a question names an id that exists only now, so the browser couldn't scroll to it.
    if (/^#predict-/.test(location.hash)) document.getElementById(location.hash.slice(1))?.scrollIntoView();

    // The same question may be open in another tab.
    addEventListener('storage', ({ key }) => {
        if (key === null) keys.forEach(show);
        else if (key.startsWith('predict:')) show(key.slice(8));
    });
})();

// What scrolls sideways has to be reachable with the keyboard, and what doesn't shouldn't be a stop on the way.
(() => {
    const names = { CODE: 'Code, scrollable', DIV: 'Table, scrollable' };
    const labels = new Map();
    const observer = new ResizeObserver(entries => {
        for (const { target } of entries) {
            const overflows = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
            if (overflows) target.tabIndex = 0;
            else target.removeAttribute('tabindex');
            target.role = overflows ? 'group' : null;
            target.ariaLabel = overflows ? labels.get(target) : null;
        }
    });
    for (const scroller of document.querySelectorAll('pre > code, .table-wrapper, div.scroll')) {
        labels.set(scroller, scroller.ariaLabel ?? names[scroller.tagName]);
        observer.observe(scroller);
        // mdBook turns pages with the arrow keys, which have to scroll here.
        scroller.addEventListener('keydown', event => {
            if (event.target.tabIndex === 0 && /^Arrow(?:Left|Right)$/.test(event.key)) event.stopPropagation();
        });
    }
})();

// What mdBook's page lacks for screen readers and keyboards, and style sheets cannot give.
(() => {
    const set = (id, attributes) => {
        const element = document.getElementById(id);
        for (const [name, value] of Object.entries(attributes)) {
            if (value === null) element?.removeAttribute(name);
            else element?.setAttribute(name, value);
        }
        return element;
    };
    set('mdbook-menu-bar', { role: 'banner' });
    set('mdbook-searchbar-outer', { role: 'search' });
    set('mdbook-searchbar', { 'aria-label': 'Search this book', 'aria-describedby': 'mdbook-searchresults-header' });
    set('mdbook-searchresults-header', { role: 'status' });
    set('mdbook-searchresults-outer', { role: 'region', 'aria-label': 'Search results' });
    set('mdbook-help-popup', { role: 'dialog', 'aria-label': 'Keyboard shortcuts' });

    // mdBook gives all excerpts the same name, which would be read in their place.
    const results = document.getElementById('mdbook-searchresults');
    const unname = () => results.querySelectorAll('.teaser').forEach(teaser => teaser.removeAttribute('aria-label'));
    if (results) new MutationObserver(unname).observe(results, { childList: true });

    // mdBook's switch for the sidebar is a label, which the keyboard doesn't reach. A button clicks it instead; mdBook
    // keeps aria-expanded up to date on the label.
    const label = document.getElementById('mdbook-sidebar-toggle');
    if (label) {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = label.className;
        for (const name of ['id', 'title', 'aria-label', 'aria-controls']) button.setAttribute(name, label.getAttribute(name));
        button.append(...label.childNodes);
        button.addEventListener('click', () => label.click());
        const follow = () => button.setAttribute('aria-expanded', label.getAttribute('aria-expanded'));
        new MutationObserver(follow).observe(label, { attributeFilter: ['aria-expanded'] });
        follow();
        label.removeAttribute('id');
        label.hidden = true;
        label.before(button);
    }

    // The sidebar's edge is dragged with the mouse; with the focus on it, arrow keys move it.
    const sidebar = document.getElementById('mdbook-sidebar');
    const edge = set('mdbook-sidebar-resize-handle', {
        tabindex: '0', role: 'separator', 'aria-orientation': 'vertical', 'aria-label': 'Width of the sidebar',
        'aria-controls': 'mdbook-sidebar', 'aria-valuemin': '150',
    });
    if (edge) {
        const tell = () => {
            edge.ariaValueMax = String(Math.max(innerWidth - 100, 150));
            edge.ariaValueNow = String(Math.max(sidebar.offsetWidth, 150));
        };
        new ResizeObserver(tell).observe(sidebar);
        edge.addEventListener('keydown', event => {
            const step = { ArrowLeft: -20, ArrowRight: 20 }[event.key];
            if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
            const width = Math.min(Math.max(sidebar.offsetWidth + step, 150), innerWidth - 100);
            document.documentElement.style.setProperty('--sidebar-target-width', `${width}px`);
            // mdBook turns pages with these keys.
            event.stopPropagation();
            event.preventDefault();
        });
    }

    for (const box of document.querySelectorAll('main li > input[type=checkbox]:disabled')) {
        box.ariaLabel = box.checked ? 'done' : 'to do';
    }

    const content = set('mdbook-content', { tabindex: '-1' });
    if (content) {
        const skip = document.createElement('a');
        skip.href = '#mdbook-content';
        skip.className = 'skip';
        skip.textContent = 'Skip to the text';
        document.body.prepend(skip);
    }

    // Whoever copies hears that it worked.
    for (const tooltip of document.querySelectorAll('.tooltiptext')) tooltip.setAttribute('role', 'status');
})();

// Paper can't be opened: answers are printed, and closed again afterwards.
(() => {
    let opened = [];
    addEventListener('beforeprint', () => {
        opened = [...document.querySelectorAll('details.question:not([open]), details.predict:not([open])')];
        for (const details of opened) details.open = true;
    });
    addEventListener('afterprint', () => {
        for (const details of opened) details.open = false;
    });
})();
