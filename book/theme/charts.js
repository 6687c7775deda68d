'use strict';

// Charts answer: pointed at, focused or tapped, a mark tells its value, and what is of the same variant lights up on the whole page. With
// several machines the reader chooses whose numbers the page shows.
(() => {
    const all = (selector, within = document) => [...within.querySelectorAll(selector)];
    const still = matchMedia('(prefers-reduced-motion: reduce)');

    // ---- Which machine ----

    const buttons = all('button[data-machine]');
    let machine = 0;

    // In drawings the others stay, as ghosts; everywhere else they are hidden.
    function choose(number) {
        const before = machine;
        const places = before === number ? new Map() : where(before);
        machine = number;
        document.documentElement.dataset.machine = number;
        for (const element of all('[data-e]')) {
            const isShown = Number(element.dataset.e) === number;
            if (element.matches('svg .m, svg .m *')) element.classList.toggle('ghost', !isShown);
            else element.toggleAttribute('hidden', !isShown);
        }
        for (const button of buttons) button.ariaPressed = String(Number(button.dataset.machine) === number);
        slide(places);
        document.dispatchEvent(new CustomEvent('edition', { detail: number }));
    }

    const id = mark => mark.dataset.c.split('.')[0];
    const marksOf = (svg, number) => all(`[data-c$=".${number}"]`, svg);

    // Where each mark of a machine stands, in the drawings that are seen.
    function where(number) {
        const places = new Map();
        for (const svg of all('.drawings > svg')) {
            if (svg.clientWidth) places.set(svg, new Map(marksOf(svg, number).map(mark => [id(mark), mark.getBBox()])));
        }
        return places;
    }

    // The marks slide from where the other machine's stand; a bar, which begins at the same place, grows.
    function slide(places) {
        if (still.matches) return;
        for (const [svg, known] of places) {
            for (const mark of marksOf(svg, machine)) {
                const [from, to] = [known.get(id(mark)), mark.getBBox()];
                if (!from || !to.width) continue;
                const grows = Math.abs(from.x - to.x) < 2 && Math.abs(from.y - to.y) < 2 && to.width > 12;
                const [x, y] = [from.x + from.width / 2 - to.x - to.width / 2, from.y + from.height / 2 - to.y - to.height / 2];
                const first = grows ? `scaleX(${from.width / to.width})` : `translate(${x}px, ${y}px)`;
                mark.style.transformOrigin = `${to.x}px 0`;
                mark.animate([{ transform: first }, { transform: 'none' }], { duration: 450, easing: 'ease-out' });
            }
        }
    }

    const kept = {
        read() {
            try {
                return localStorage.getItem('machine');
            } catch {
                return null;
            }
        },
        write(name) {
            // Where nothing can be kept, the choice lasts as long as the page.
            try {
                localStorage.setItem('machine', name);
            } catch { /* as said */ }
        },
    };
    const named = name => buttons.find(button => button.dataset.name === name);
    for (const button of buttons) {
        button.addEventListener('click', () => {
            kept.write(button.dataset.name);
            // What is above the button may be longer for the other machine: the button stays below the finger.
            const { top } = button.getBoundingClientRect();
            choose(Number(button.dataset.machine));
            scrollBy({ top: button.getBoundingClientRect().top - top, behavior: 'instant' });
        });
    }
    addEventListener('storage', ({ key, newValue }) => {
        const button = key === 'machine' && named(newValue);
        if (button) choose(Number(button.dataset.machine));
    });
    if (document.querySelector('[data-e]')) choose(Number(named(kept.read())?.dataset.machine ?? 0));

    // ---- What a mark says ----

    let picked = null;

    function unpick() {
        if (!picked) return;
        picked.told.remove();
        delete picked.svg.dataset.at;
        for (const element of all('.lit')) element.classList.remove('lit');
        for (const element of all('.picked')) element.classList.remove('picked');
        picked = null;
    }

    const words = element => element.textContent.trim().replace(/\s+/g, ' ');

    // A mark's cell of the table has its value, the head of its column the machine and how many launches there were.
    function says(mark) {
        const cell = mark.closest('figure').querySelector(`[data-c="${mark.dataset.c}"]:is(td, th)`);
        if (!cell) return '';
        const row = cell.parentElement;
        const head = row.querySelector('th') ?? row.closest('tbody').querySelector('th');
        const others = [...row.cells].filter(other => other !== head && !other.dataset.c);
        const column = row.closest('table').tHead?.rows[0].cells[cell.cellIndex];
        const value = cell === head ? '' : `: ${words(cell)}`;
        const of = head && row.contains(head) && column ? `. ${words(column)}.` : '';
        return [head, ...others].filter(Boolean).map(words).join(', ') + value + of;
    }

    function pick(svg, mark) {
        if (picked?.mark === mark) return;
        unpick();
        const told = Object.assign(document.createElement('div'), { className: 'told', role: 'status' });
        picked = { svg, mark, told };
        svg.dataset.at = mark.dataset.c;
        const variant = mark.closest('[data-v]')?.dataset.v;
        if (variant) {
            for (const element of all(`[data-v~="${CSS.escape(variant)}"]`)) element.classList.add('lit');
            for (const other of all('.drawings > svg')) if (other.querySelector('.m.lit')) other.classList.add('picked');
        } else {
            (mark.closest('.m') ?? mark).classList.add('lit');
            svg.classList.add('picked');
        }
        svg.parentElement.append(told);
        told.textContent = says(mark);
        const [frame, box] = [svg.parentElement.getBoundingClientRect(), mark.getBoundingClientRect()];
        const half = told.offsetWidth / 2;
        told.style.left = `${Math.min(Math.max(box.right - frame.left, half), frame.width - half)}px`;
        const above = box.top - frame.top - told.offsetHeight - 8;
        told.style.top = `${above > -told.offsetHeight ? above : box.bottom - frame.top + 8}px`;
    }

    const seen = svg => all('[data-c]', svg).filter(mark => !mark.closest('.ghost'));

    // The mark that is nearest, as a finger is broader than a dot.
    function nearest(svg, { clientX, clientY }) {
        let [best, least] = [null, 24];
        for (const mark of seen(svg)) {
            const box = mark.getBoundingClientRect();
            const [x, y] = [Math.max(box.left - clientX, clientX - box.right, 0), Math.max(box.top - clientY, clientY - box.bottom, 0)];
            // Of those that lie over one another, the smallest.
            const distance = Math.hypot(x, y) + Math.hypot(box.width, box.height) / 1000;
            if (distance < least) [best, least] = [mark, distance];
        }
        return best;
    }

    for (const svg of all('.drawings > svg')) {
        if (!svg.querySelector('[data-c]')) continue;
        svg.tabIndex = 0;
        const point = event => {
            const mark = nearest(svg, event);
            if (mark) pick(svg, mark);
            else unpick();
        };
        svg.addEventListener('pointermove', point);
        svg.addEventListener('click', point);
        svg.addEventListener('pointerleave', event => { if (event.pointerType === 'mouse') unpick(); });
        svg.addEventListener('focus', () => { if (svg.matches(':focus-visible')) pick(svg, seen(svg)[0]); });
        svg.addEventListener('blur', unpick);
        svg.addEventListener('keydown', event => {
            const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            if (event.key === 'Escape') unpick();
            if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
            // mdBook turns pages with these keys, and the browser scrolls.
            event.stopPropagation();
            event.preventDefault();
            const marks = seen(svg);
            const at = marks.indexOf(picked?.svg === svg ? picked.mark : null);
            pick(svg, marks[(at + step + marks.length) % marks.length]);
        });
    }
})();
