'use strict';

// Code in several ways: where they don't fit beside each other, tabs. A language once chosen stays chosen, on every page.
(() => {
    const languages = new Map();
    const chosen = choose => {
        try {
            if (choose) localStorage.setItem('language', choose);
            return localStorage.getItem('language');
        } catch {
            return choose;
        }
    };
    const wide = matchMedia('(min-width: 860px)');
    let number = 0;
    for (const listing of document.querySelectorAll('.listing')) {
        const sections = [...listing.children];
        const list = Object.assign(document.createElement('div'), { role: 'tablist' });
        const tabs = sections.map((section, place) => {
            const tab = Object.assign(document.createElement('button'), { type: 'button', role: 'tab', textContent: section.querySelector(':scope > .says').textContent });
            section.id ||= `code-${++number}`;
            tab.id = `${section.id}-tab`;
            tab.setAttribute('aria-controls', section.id);
            tab.addEventListener('click', () => pick(place));
            return tab;
        });
        list.append(...tabs);
        const show = place => {
            tabs.forEach((tab, other) => {
                tab.ariaSelected = String(other === place);
                tab.tabIndex = other === place ? 0 : -1;
                sections[other].hidden = other !== place;
            });
        };
        const pick = place => {
            show(place);
            if (!languages.has(listing)) return;
            // What was clicked stays under the pointer, though a listing above it may change its height.
            const { top } = list.getBoundingClientRect();
            languages.forEach((other, of) => of !== listing && other(place));
            scrollBy({ top: list.getBoundingClientRect().top - top, behavior: 'instant' });
            chosen(tabs[place].textContent);
        };
        list.addEventListener('keydown', event => {
            const at = tabs.indexOf(document.activeElement);
            const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
            if (to === undefined) return;
            // mdBook turns pages with these keys.
            event.stopPropagation();
            event.preventDefault();
            const place = (to + tabs.length) % tabs.length;
            pick(place);
            tabs[place].focus();
        });
        const arrange = () => {
            const beside = wide.matches && listing.matches('.slim');
            if (beside) list.remove();
            else listing.prepend(list);
            sections.forEach((section, place) => {
                section.querySelector(':scope > .says').hidden = !beside;
                if (beside) {
                    section.hidden = false;
                    section.removeAttribute('role');
                    section.removeAttribute('aria-labelledby');
                } else {
                    section.role = 'tabpanel';
                    section.setAttribute('aria-labelledby', tabs[place].id);
                }
            });
            const of = tabs.findIndex(tab => languages.has(listing) && tab.textContent === chosen());
            if (!beside) show(Math.max(of, 0));
        };
        if (listing.matches('.languages')) languages.set(listing, show);
        wide.addEventListener('change', arrange);
        arrange();
    }
})();

// A term of the glossary opens where it stands. Where its page can't be fetched, as from a file, the link leads there.
(() => {
    let open = null;
    let page = null;

    const glossary = async href => {
        page ??= fetch(href).then(answer => {
            if (!answer.ok) throw new Error(answer.statusText);
            return answer.text();
        }).then(text => new DOMParser().parseFromString(text, 'text/html'));
        return page;
    };

    function close() {
        if (!open) return;
        const { box, link } = open;
        open = null;
        if (box.contains(document.activeElement)) link.focus();
        link.ariaExpanded = 'false';
        box.remove();
    }

    // From the heading with this id, or the entry of the list, to the next.
    function entry(document, id) {
        const head = document.getElementById(id);
        const of = head?.closest('dt') ?? head;
        const parts = [];
        for (let next = of?.nextElementSibling; next && next.tagName !== of.tagName && !/^H[1-6]$/.test(next.tagName); next = next.nextElementSibling) parts.push(next);
        return of && parts.length ? [of.textContent.trim(), parts] : null;
    }

    async function show(link) {
        let found = null;
        try {
            found = entry(await glossary(link.pathname), decodeURIComponent(link.hash.slice(1)));
        } catch {
            page = null;
        }
        if (!found) {
            location.href = link.href;
            return;
        }
        close();
        const [name, parts] = found;
        const box = Object.assign(document.createElement('div'), { className: 'term', role: 'dialog', ariaLabel: name, tabIndex: -1 });
        box.append(...parts.map(part => {
            const copy = document.importNode(part, true);
            const body = document.createElement('div');
            body.append(...copy.childNodes);
            for (const other of body.querySelectorAll('[id]')) other.removeAttribute('id');
            // The entry's own links start from the glossary.
            for (const other of body.querySelectorAll('a[href^="#"]')) other.href = link.pathname + other.getAttribute('href');
            return body;
        }));
        link.closest('main').append(box);
        const at = link.getBoundingClientRect();
        box.style.left = `${Math.max(15, Math.min(at.left, innerWidth - box.offsetWidth - 15))}px`;
        const below = at.bottom + 6;
        box.style.top = `${below + box.offsetHeight < innerHeight ? below : Math.max(6, at.top - box.offsetHeight - 6)}px`;
        link.ariaExpanded = 'true';
        open = { box, link };
        box.focus({ preventScroll: true });
    }

    const here = /\/glossary(\.html)?$/.test(location.pathname);
    document.addEventListener('click', event => {
        const link = event.target.closest?.('main a[href*="glossary.html#"]');
        if (link && !here && !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
            event.preventDefault();
            if (open?.link === link) close();
            else show(link);
        } else if (open && !open.box.contains(event.target)) {
            close();
        }
    });
    document.addEventListener('keydown', event => { if (event.key === 'Escape') close(); });
    addEventListener('scroll', close, { passive: true });
})();

// The search is loaded when it is asked for: by its button, by its keys, or by an address that a search has led to.
(() => {
    const later = [...document.querySelectorAll('script[type="text/later"]')];
    const [button, wrapper, bar] = ['-toggle', '-wrapper', 'bar'].map(part => document.getElementById('mdbook-search' + part));
    if (!later.length || !button) return;
    let loading = false;
    async function load() {
        if (loading) return;
        loading = true;
        try {
            await Promise.all(later.map(({ src }) => new Promise((resolve, reject) => {
                document.head.append(Object.assign(document.createElement('script'), { src, async: false, onload: resolve, onerror: reject }));
            })));
        } catch {
            loading = false;
            wrapper.classList.replace('visible', 'hidden');
            return;
        }
        button.removeEventListener('click', open);
        document.removeEventListener('keydown', key);
        if (!wrapper.classList.replace('visible', 'hidden')) return;
        button.click();
        // What was typed meanwhile is searched for.
        bar.setSelectionRange(bar.value.length, bar.value.length);
    }
    function open() {
        wrapper.classList.replace('hidden', 'visible');
        bar.focus();
        load();
    }
    function key(event) {
        const { key, target, altKey, ctrlKey, metaKey, shiftKey } = event;
        if (key === 'Escape') wrapper.classList.replace('visible', 'hidden');
        if (!'s/'.includes(key) || altKey || ctrlKey || metaKey || shiftKey || target.closest?.('input, textarea, select')) return;
        event.preventDefault();
        open();
    }
    button.addEventListener('click', open);
    document.addEventListener('keydown', key);
    if (/[?&](search|highlight)=/.test(location.search)) load();
})();
