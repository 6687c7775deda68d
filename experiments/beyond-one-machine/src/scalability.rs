//! What more workers would bring: computed from what was measured, and no measurement.

/// How many times as fast so many workers are as one, if `serial` of the work, from 0 to 1, can't be shared out and the rest
/// can be shared out without loss. Source: G. M. Amdahl, *Validity of the single processor approach to achieving large
/// scale computing capabilities*, AFIPS 1967.
pub fn amdahl(serial: f64, workers: f64) -> f64 {
    1.0 / (serial + (1.0 - serial) / workers)
}

/// The coefficients of the universal scalability law. Source: N. J. Gunther, *A general theory of computational scalability
/// based on rational functions*, arXiv:0808.1431.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Universal {
    /// What workers lose by waiting for each other: Amdahl's serial share.
    pub contention: f64,
    /// What they lose by agreeing with each other, each with each.
    pub coherence: f64,
}

impl Universal {
    /// The law that fits measured speed-ups best, each as a number of workers and how many times as fast as one they were. Its
    /// coefficients aren't negative. None with fewer than three counts above one: through two, a law always goes exactly, and
    /// nothing would tell whether it holds.
    pub fn fit(speed_ups: &[(usize, f64)]) -> Option<Self> {
        // n / speed-up - 1 = contention · (n - 1) + coherence · n · (n - 1), so least squares are linear.
        let rows: Vec<[f64; 3]> = speed_ups
            .iter()
            .filter(|(workers, speed_up)| *workers > 1 && *speed_up > 0.0)
            .map(|&(workers, speed_up)| (workers as f64, speed_up))
            .map(|(n, speed_up)| [n - 1.0, n * (n - 1.0), n / speed_up - 1.0])
            .collect();
        let mut counts: Vec<u64> = rows.iter().map(|[one_less, ..]| *one_less as u64).collect();
        counts.sort_unstable();
        counts.dedup();
        if counts.len() < 3 {
            return None;
        }
        let sum = |left: usize, right: usize| rows.iter().map(|row| row[left] * row[right]).sum::<f64>();
        let (aa, ab, bb, ay, by) = (sum(0, 0), sum(0, 1), sum(1, 1), sum(0, 2), sum(1, 2));
        let determinant = aa * bb - ab * ab;
        let fitted =
            Self { contention: (ay * bb - by * ab) / determinant, coherence: (by * aa - ay * ab) / determinant };
        // Where one would be negative, it is none, and the other alone fits best.
        Some(match fitted {
            Self { contention, .. } if contention < 0.0 => Self { contention: 0.0, coherence: (by / bb).max(0.0) },
            Self { coherence, .. } if coherence < 0.0 => Self { contention: (ay / aa).max(0.0), coherence: 0.0 },
            both => both,
        })
    }

    /// How many times as fast so many workers are as one.
    pub fn speed_up(&self, workers: f64) -> f64 {
        workers / (1.0 + self.contention * (workers - 1.0) + self.coherence * workers * (workers - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amdahls_law_is_bounded_by_what_is_serial() {
        assert_eq!(amdahl(0.3, 1.0), 1.0);
        assert_eq!(amdahl(0.0, 64.0), 64.0);
        assert_eq!(amdahl(1.0, 64.0), 1.0);
        assert!((amdahl(0.1, 1e9) - 10.0).abs() < 1e-6);
        assert!((amdahl(0.5, 2.0) - 4.0 / 3.0).abs() < 1e-12);
    }

    fn measured(law: Universal, counts: &[usize]) -> Vec<(usize, f64)> {
        counts.iter().map(|&workers| (workers, law.speed_up(workers as f64))).collect()
    }

    #[test]
    fn the_universal_law_is_found_again_in_what_it_says() {
        for (contention, coherence) in [(0.05, 0.001), (0.0, 0.01), (0.2, 0.0), (0.0, 0.0)] {
            let law = Universal { contention, coherence };
            let fitted = Universal::fit(&measured(law, &[1, 2, 3, 4, 8])).unwrap();
            assert!((fitted.contention - contention).abs() < 1e-9, "{law:?} {fitted:?}");
            assert!((fitted.coherence - coherence).abs() < 1e-9, "{law:?} {fitted:?}");
        }
    }

    #[test]
    fn without_coherence_it_is_amdahls_law() {
        let law = Universal { contention: 0.1, coherence: 0.0 };
        assert!((1..100).all(|n| (law.speed_up(f64::from(n)) - amdahl(0.1, f64::from(n))).abs() < 1e-9));
    }

    #[test]
    fn a_fit_of_what_is_faster_than_ideal_has_no_negative_coefficients() {
        let fitted = Universal::fit(&[(1, 1.0), (2, 2.2), (3, 3.3), (4, 4.5)]).unwrap();
        assert_eq!(fitted, Universal { contention: 0.0, coherence: 0.0 });
        let worse = Universal::fit(&[(2, 2.2), (3, 2.0), (4, 1.5)]).unwrap();
        assert!(worse.contention >= 0.0 && worse.coherence > 0.0, "{worse:?}");
    }

    #[test]
    fn two_counts_are_not_enough_to_fit() {
        let law = Universal { contention: 0.1, coherence: 0.01 };
        assert_eq!(Universal::fit(&measured(law, &[1, 2, 4])), None);
        assert_eq!(Universal::fit(&[(2, 1.8), (2, 1.9), (2, 1.7), (4, 3.0)]), None);
        assert_eq!(Universal::fit(&[]), None);
        assert!(Universal::fit(&measured(law, &[2, 3, 4])).is_some());
    }
}
