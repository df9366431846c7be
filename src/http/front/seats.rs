//! Connections that there may be: so many from one address, and so many in all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;

/// How many there may be, and who has them. Clones share.
#[derive(Clone, Debug)]
pub(in crate::http) struct Seats(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    greatest: usize,
    greatest_of_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// As many as there are connections, at most.
    of_address: HashMap<IpAddr, usize>,
}

/// Room for one connection, until it is dropped.
#[derive(Debug)]
pub(in crate::http) enum Seat {
    /// One of those that there are.
    Taken(Seats, IpAddr),
    /// One for who only hears that there are no more.
    Refusal { _permit: OwnedSemaphorePermit },
}

impl Seats {
    pub(super) fn new(greatest: usize, greatest_of_address: usize) -> Self {
        Self(Arc::new(Shared { greatest, greatest_of_address, taken: Mutex::default() }))
    }

    /// Takes one, or says why there is none.
    pub(super) fn take(&self, address: IpAddr) -> Result<Seat, &'static str> {
        let address = network(address);
        let mut taken = self.0.taken.lock();
        if taken.all >= self.0.greatest {
            return Err("all");
        }
        let of_address = taken.of_address.entry(address).or_default();
        if *of_address >= self.0.greatest_of_address {
            return Err("address");
        }
        *of_address += 1;
        taken.all += 1;
        measure(taken.all);
        Ok(Seat::Taken(self.clone(), address))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Self::Taken(seats, address) = self else { return };
        let mut taken = seats.0.taken.lock();
        taken.all -= 1;
        measure(taken.all);
        if let Some(of_address) = taken.of_address.get_mut(address) {
            *of_address -= 1;
            if *of_address == 0 {
                taken.of_address.remove(address);
            }
        }
    }
}

fn measure(taken: usize) {
    metrics::gauge!("wattline_connections").set(u32::try_from(taken).map_or(f64::INFINITY, f64::from));
}

/// Whom an address stands for: with IPv6 whoever has one has its whole /64.
pub(in crate::http) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_gives_it_back() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let seats = Seats::new(3, 2);
        let first = seats.take(address("2001:db8::1")).expect("a seat");
        let second = seats.take(address("2001:db8::2")).expect("a seat");
        assert_eq!(seats.take(address("2001:db8::3")).expect_err("its /64 has two"), "address");
        let third = seats.take(address("192.0.2.1")).expect("a seat");
        assert_eq!(seats.take(address("192.0.2.2")).expect_err("there are three"), "all");
        drop(first);
        let fourth = seats.take(address("::ffff:192.0.2.1")).expect("a seat");
        drop((second, third, fourth));
        let taken = seats.0.taken.lock();
        assert!(taken.all == 0 && taken.of_address.is_empty(), "{taken:?}");
    }
}
