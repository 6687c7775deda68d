'use strict';

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
        opened = [...document.querySelectorAll('details.question:not([open]), details.answer:not([open])')];
        for (const details of opened) details.open = true;
    });
    addEventListener('afterprint', () => {
        for (const details of opened) details.open = false;
    });
})();
