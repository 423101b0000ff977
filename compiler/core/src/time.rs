//! When is `2020-01-18T02:00+08:00`? Reads and writes the instants of the language. There is no clock here.

/// Seconds since 1970 and the offset in minutes, or what is wrong.
pub fn parse(text: &str) -> Result<(i64, i16), &'static str> {
    let (date, rest) = text.split_once('T').ok_or("a time has a date, a `T` and a time of day")?;
    let at = rest.find(['Z', '+', '-']).ok_or("a time needs its offset: write `Z` or `+08:00` behind it")?;
    let (clock, zone) = rest.split_at(at);
    let days = parse_date(date)?;
    let seconds = parse_clock(clock)?;
    let offset = parse_offset(zone)?;
    Ok((days * 86_400 + seconds - i64::from(offset) * 60, offset))
}

fn parse_date(text: &str) -> Result<i64, &'static str> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return Err("a date is `2020-01-18`") };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return Err("a date is `2020-01-18`, with four, two and two digits");
    }
    let number = |s: &str| s.parse::<i64>().map_err(|_| "a date is made of digits");
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err("there are twelve months"),
    };
    if !(1..=longest).contains(&day) {
        return Err("the month has no such day");
    }
    Ok(days_from_civil(year, month, day))
}

fn parse_clock(text: &str) -> Result<i64, &'static str> {
    let mut parts = text.split(':');
    let mut next = |limit: i64| -> Result<Option<i64>, &'static str> {
        let Some(part) = parts.next() else { return Ok(None) };
        let whole = part.split('.').next().unwrap_or(part);
        let value: i64 = whole.parse().map_err(|_| "a time of day is `02:00` or `02:00:30`")?;
        if whole.len() != 2 || value >= limit {
            return Err("a time of day is `00:00` to `23:59:59`");
        }
        Ok(Some(value))
    };
    let hour = next(24)?.ok_or("a time of day is `02:00`")?;
    let minute = next(60)?.ok_or("a time of day is `02:00`")?;
    let second = next(60)?.unwrap_or(0);
    Ok(hour * 3600 + minute * 60 + second)
}

fn parse_offset(text: &str) -> Result<i16, &'static str> {
    if text == "Z" {
        return Ok(0);
    }
    let (sign, rest) = text.split_at_checked(1).ok_or("an offset is `Z` or `+08:00`")?;
    let (hours, minutes) = rest.split_once(':').ok_or("an offset is `+08:00`")?;
    let number = |s: &str, limit: i16| s.parse::<i16>().ok().filter(|n| s.len() == 2 && *n < limit).ok_or("an offset is `+08:00`");
    let total = number(hours, 24)? * 60 + number(minutes, 60)?;
    Ok(if sign == "-" { -total } else { total })
}

/// Days since 1970-01-01 (Howard Hinnant, chrono-compatible low-level date algorithms).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// As it would be written with that offset.
pub fn format(seconds: i64, offset: i16) -> String {
    let local = seconds + i64::from(offset) * 60;
    let days = local.div_euclid(86_400) + 719_468;
    let clock = local.rem_euclid(86_400);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_part = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_part + 2) / 5 + 1;
    let month = if month_part < 10 { month_part + 3 } else { month_part - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let seconds = if clock % 60 == 0 { String::new() } else { format!(":{:02}", clock % 60) };
    let zone = if offset == 0 {
        "Z".to_owned()
    } else {
        format!("{}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, offset.abs() / 60, offset.abs() % 60)
    };
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}{seconds}{zone}", clock / 3600, clock % 3600 / 60)
}

/// An age for people: `3 hours`, `40 days`, whole and rounded down.
pub fn rounded(seconds: i64) -> String {
    let (number, unit) = match seconds {
        s if s >= 2 * 86_400 => (s / 86_400, "day"),
        s if s >= 2 * 3600 => (s / 3600, "hour"),
        s => (s / 60, "minute"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// Seconds as the language writes them: `4h`, `90min`, `45s`.
pub fn duration(seconds: i64) -> String {
    match seconds {
        s if s != 0 && s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s != 0 && s % 3600 == 0 => format!("{}h", s / 3600),
        s if s != 0 && s % 60 == 0 => format!("{}min", s / 60),
        s => format!("{s}s"),
    }
}
