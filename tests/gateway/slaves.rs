//! Meters that are asked over TCP: a water meter on an M-Bus and an electricity meter with the SunSpec map. Written here, from what
//! the standards say.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use hushwatt_ledger::units::Timestamp;

use crate::curve::Curve;

/// The meters' time, which their registers go by.
#[derive(Clone, Default)]
pub struct Now(Arc<AtomicU64>);

impl Now {
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.0, Ordering::SeqCst);
    }

    fn read(&self, curve: &Curve) -> (u64, u64) {
        curve.at(Timestamp(self.0.load(Ordering::SeqCst)))
    }
}

/// A water meter that counts litres: its import register.
pub fn mbus(now: &Now, curve: Curve) -> SocketAddr {
    let now = now.clone();
    serve(move |mut stream| {
        let mut seen = Vec::new();
        let mut byte = [0];
        while stream.read(&mut byte)? > 0 {
            seen.push(byte[0]);
            // Short frames only: 10h, control, address, sum, 16h.
            let Some([0x10, control, address, sum, 0x16]) = seen.last_chunk::<5>() else { continue };
            if *sum != control.wrapping_add(*address) {
                continue;
            }
            match control & 0x0f {
                0x00 => stream.write_all(&[0xe5])?,
                0x0b => stream.write_all(&water_answer(now.read(&curve).0))?,
                _ => {}
            }
            seen.clear();
        }
        Ok(())
    })
}

/// An answer with one record: volume, litres.
fn water_answer(litres: u64) -> Vec<u8> {
    let litres = u32::try_from(litres).unwrap().to_le_bytes();
    // Answer of address 1; long header: number 00815, maker HUW, version 1, water, access 0, status 0, not encrypted.
    let maker = b"HUW".iter().fold(0u16, |code, letter| code << 5 | u16::from(letter - b'@')).to_le_bytes();
    let mut body = vec![0x08, 0x01, 0x72, 0x15, 0x08, 0, 0, maker[0], maker[1], 1, 0x07, 0, 0, 0, 0];
    body.extend([0x04, 0x13]);
    body.extend(litres);
    let sum = body.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    let length = body.len() as u8;
    [&[0x68, length, length, 0x68][..], &body, &[sum, 0x16]].concat()
}

/// An electricity meter: its import and export registers.
pub fn sunspec(now: &Now, curve: Curve) -> SocketAddr {
    let now = now.clone();
    serve(move |mut stream| {
        let mut question = [0; 12];
        loop {
            stream.read_exact(&mut question)?;
            let map = map(now.read(&curve));
            let word = |at: usize| usize::from(u16::from_be_bytes([question[at], question[at + 1]]));
            let (address, count) = (word(8), word(10));
            let registers = address.checked_sub(40_000).and_then(|from| map.get(from..from + count));
            let body = match registers {
                Some(registers) if question[7] == 3 => {
                    let mut body = vec![question[6], 3, count as u8 * 2];
                    body.extend(registers.iter().flat_map(|register| register.to_be_bytes()));
                    body
                }
                _ => vec![question[6], question[7] | 0x80, 2],
            };
            let mut answer = question[..4].to_vec();
            answer.extend((body.len() as u16).to_be_bytes());
            answer.extend(body);
            stream.write_all(&answer)?;
        }
    })
}

/// The map from register 40,000 on: mark, common model, a meter of three phases, end.
fn map((import, export): (u64, u64)) -> Vec<u16> {
    let mut map = vec![0x5375, 0x6e53];
    let mut common = vec![0u16; 68];
    (common[0], common[1]) = (1, 66);
    (common[2], common[50]) = (u16::from_be_bytes(*b"HW"), u16::from_be_bytes(*b"42"));
    map.extend(common);
    let mut meter = vec![0x8000u16; 107];
    (meter[0], meter[1]) = (203, 105);
    for (at, value) in [(38, export), (46, import)] {
        let value = u32::try_from(value).unwrap();
        (meter[at], meter[at + 1]) = ((value >> 16) as u16, value as u16);
    }
    meter[54] = 0;
    map.extend(meter);
    map.extend([0xffff, 0]);
    map
}

fn serve(talk: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let talk = Arc::new(talk);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let talk = talk.clone();
            // Whoever asks may be gone.
            thread::spawn(move || drop(stream.and_then(|stream| talk(stream))));
        }
    });
    address
}
