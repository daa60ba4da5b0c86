//! Columns of text.

/// A table that is printed when it is whole: columns as wide as their widest cell.
pub(crate) struct Table {
    /// Which columns are flush right.
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With a heading; a column whose name begins with `>` is flush right.
    pub fn new(heading: &[&str]) -> Self {
        let right = heading.iter().map(|name| name.starts_with('>')).collect();
        let names = heading.iter().map(|name| name.trim_start_matches('>').to_owned()).collect();
        Table { right, rows: vec![names] }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }

    pub fn text(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.right.len()).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, width), right) in row.iter().zip(&widths).zip(&self.right) {
                let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
                line += &if *right { format!("{blanks}{cell}  ") } else { format!("{cell}{blanks}  ") };
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

/// Names and values, one a line.
pub(crate) fn pairs(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| {
        let blanks = " ".repeat(width - name.chars().count());
        let indented = value.replace('\n', &format!("\n{}", " ".repeat(width + 2)));
        format!("{name}{blanks}  {indented}").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["Name", ">Amount", "Note"]);
        table.row(vec!["Bert".to_owned(), "€1.00".to_owned(), String::new()]);
        table.row(vec!["Anna Müller".to_owned(), "−€12.00".to_owned(), "rent".to_owned()]);
        let expected = "Name          Amount  Note\nBert           €1.00\nAnna Müller  −€12.00  rent\n";
        assert_eq!(table.text(), expected);
    }

    #[test]
    fn values_of_several_lines_stay_in_their_column() {
        assert_eq!(pairs(&[("A", "1".to_owned()), ("Long", "2\n3".to_owned())]), "A     1\nLong  2\n      3");
    }
}
