//! A market operator behind a door of his own, who may also be somebody else, refuse, lie or be away.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use hushwatt_client::operator::{OperatorAnswer, OrderAnswer, OrderRequest, ProblemAnswer, ProblemBody};
use hushwatt_crypto::{
    NetworkId,
    hash::hex,
    order_seal::{SealedOpening, SealingKey},
    signature::SigningKey,
};
use hushwatt_ledger::{
    transaction::{
        Transaction,
        order::{OrderId, OrderOpening, admit},
    },
    units::Timestamp,
};
use hushwatt_wallet::household::{Admission, Household};
use rand_core::OsRng;

use crate::support::{operator_key, registrar_key};

/// What he does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Honest,
    /// The connection ends without an answer.
    Away,
    /// No for this reason.
    Refuses(&'static str),
    /// He is another one than the ledger says.
    Impostor,
    /// He is the right one by name; the sealing key is somebody else's.
    InBetween,
    /// He admits with a key that is not his.
    Lies,
    /// Something that is no answer.
    Garbage,
}

struct Office {
    network: NetworkId,
    sealing: SealingKey,
    mood: Mutex<Mood>,
    book: Mutex<BTreeMap<OrderId, OrderOpening>>,
    /// Paths that were asked for.
    asked: Mutex<Vec<String>>,
}

/// An operator who is there for as long as the test.
pub struct Operator {
    pub url: String,
    office: Arc<Office>,
}

impl Operator {
    pub fn of(network: &NetworkId) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let office = Arc::new(Office {
            network: *network,
            sealing: SealingKey::random(&mut OsRng),
            mood: Mutex::new(Mood::Honest),
            book: Mutex::default(),
            asked: Mutex::default(),
        });
        let inside = office.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asks may be gone.
                drop(inside.serve(stream));
            }
        });
        Operator { url, office }
    }

    pub fn is(&self, mood: Mood) {
        *self.office.mood.lock().unwrap() = mood;
    }

    /// What he could open.
    pub fn book(&self) -> BTreeMap<OrderId, OrderOpening> {
        self.office.book.lock().unwrap().clone()
    }

    /// How often he was asked to admit something.
    pub fn orders_seen(&self) -> usize {
        self.office.asked.lock().unwrap().iter().filter(|path| *path == "/v1/orders").count()
    }
}

/// Asks for everything that a household wants admitted.
pub fn ask_for(household: &mut Household) -> Vec<Admission> {
    let waiting = household.to_admit();
    waiting.into_iter().map(|one| household.answered(&one.id, one.ask()).unwrap()).collect()
}

impl Office {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (mut request, mut byte) = (Vec::new(), [0]);
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? > 0 {
            request.extend(byte);
        }
        let head = String::from_utf8_lossy(&request).into_owned();
        let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::Away {
            return Ok(());
        }
        let (status, answer) = self.answer(mood, &path, &body);
        let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes())?;
        stream.write_all(&answer)
    }

    fn answer(&self, mood: Mood, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        if mood == Mood::Garbage {
            return (200, b"<html>welcome</html>".to_vec());
        }
        if path == "/v1/operator" {
            let signer = if mood == Mood::InBetween { registrar_key() } else { operator_key() };
            let name = if mood == Mood::Impostor { registrar_key() } else { operator_key() };
            let signature = self.sealing.public().certify(&self.network, &signer);
            let key = name.verifying_key();
            let said = OperatorAnswer::new(&self.network, &key, self.sealing.public(), &signature, Timestamp(0));
            return (200, serde_json::to_vec(&said).unwrap());
        }
        if let Mood::Refuses(code) = mood {
            let error =
                ProblemBody { code: code.to_owned(), rule: None, from: None, message: "not this one".to_owned() };
            return (409, serde_json::to_vec(&ProblemAnswer { error }).unwrap());
        }
        let signer = if mood == Mood::Lies { registrar_key() } else { operator_key() };
        (200, self.admit(&signer, body))
    }

    fn admit(&self, signer: &SigningKey, body: &[u8]) -> Vec<u8> {
        let request: OrderRequest = serde_json::from_slice(body).unwrap();
        let order = Transaction::decode(&self.network, &unhex(&request.transaction)).unwrap();
        let sealed = SealedOpening(unhex(&request.sealed).try_into().unwrap());
        let opening = sealed.open(&self.network, &self.sealing, &order.id().0).expect("it is sealed for him");
        let opening = OrderOpening::decode(&opening[..]).unwrap();
        let id = OrderId::of(&self.network, order.id());
        assert!(self.book.lock().unwrap().insert(id, opening.clone()).is_none_or(|before| before == opening));
        let admission = hex(&admit(signer, &self.network, order.id()).0);
        serde_json::to_vec(&OrderAnswer { order: id.to_string(), admission }).unwrap()
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
