"""The signs of posts that offer something: job ads and giveaways."""

from __future__ import annotations

from listener.core.analysis import Noise
from nlp.noise_notation import signs

JOB = signs(
    Noise.JOB_AD,
    (
        1,
        "somebody is hiring",
        (
            r"\b(?:(?:(?:we|i)(?: a|')(?:re|m) |is |now )(?:currently )?(?:hiring|recruiting)|hiring now|"
            r"is growing the .{2,20} team|(?:university|company|clinic|team|client|firm|gmbh|agency|"
            r"council) (?:is )?(?:seeks|seeking|sucht)|sucht ab sofort|(?:person|people|developer|engineer|agent|"
            r"receptionist|assistant|freelancer|manager|driver|nurse|teacher)s? wanted|we need (?:two|three|\d|another|"
            r"more) (?:more )?.{2,30} (?:people|developers|engineers|agents))\b"
        ),
    ),
    (
        1,
        "an open position",
        (
            r"\b(?:open (?:position|role)s? (?:at|in)|open roles|vacanc(?:y|ies):|vacature|^job:|new job alert|"
            r"job alert:|\bhas an opening|today's jobs|join our team!|applications are open|executive search|"
            r"who is hiring\?|exciting (?:role|opportunity)|contract role|role:|internships? (?:at|in|with)|position:|"
            r"we have an open position)"
        ),
    ),
    (
        1,
        "looking for somebody to hire",
        (
            r"(?<!were )(?<!was )(?<!been )\b(?:(?:looking (?:for|to hire)|seeking|seeks|searching for) "
            r"(?:an?|our next) [^.!?\n]{0,40}?\b(?:engineer|developer|programmer|designer|architect|analyst|"
            r"consultant|specialist|coordinator|administrator|assistant|accountant|recruiter|technician|writer|editor|intern|trainee|apprentice|representative|paralegal|"
            r"scientist|researcher|executive|officer|manager)|freelancer wanted|urgent requirement|"
            r"immediate joiners|day rate)\b"
        ),
    ),
    (
        1,
        "a job title",
        (
            r"\b(?:(?:senior|staff|junior|principal|trainee|chief|part-time|technical|account|customer success|"
            r"site reliability|data|product|qa|backend|android|react|marketing|support|legal operations|procurement|"
            r"contract|growth|learning|implementation|sales development|records|migration|"
            r"team) (?:\w+ ){0,2}(?:engineer|developers?|manager|designer|executive|officer|consultant|paralegal|"
            r"writer|specialist|lead|analyst|representative)|head of [\w ]{3,20}|graduate programme|receptionist|"
            r"internship|medewerker|werkstudent)\b"
        ),
    ),
    (
        1,
        "it asks to apply",
        (
            r"\b(?:apply (?:now\b(?! button)|here|online|today|by|at|via|through|before|with (?:cv|linkedin|your))\b|"
            r"apply:|to apply[,: ]|click to apply|apply please|please apply (?:via|through|with|to:)|"
            r"encouraged to apply|applications? close|deadline to apply:|submit your proposal|share profiles|"
            r"jetzt bewerben|bewerbung an|solliciteer|enquiries welcome|drop me a line)"
        ),
    ),
    (
        2,
        "it asks for a CV",
        (
            r"\b(?:send|share|submit|e?-?mail|contact|forward)\b[^.!?\n]{0,40}\b(?:cvs?|resumes?|résumés?|profiles|"
            r"applications?)\b[^.!?\n]{0,15}\b(?:to|at)\s\S{1,40}@|\bcontact \S{1,40}@\S{1,60} with an? .{0,12}cv\b"
        ),
    ),
    (
        2,
        "an address for applications",
        (
            r"\b(?:jobs|careers?|cv|hr|talent|recruit(?:ing|ment|er)|bewerbung)@[\w-]{1,40}\.|\bcover(?:ing)? letter\b|"
            r"\bconfidential applications\b"
        ),
    ),
    (
        1,
        "an invitation to join",
        (
            r"\b(?:join (?:us|our (?:\w+ ){0,2}team|the team) (?:as|in)\b|(?:come|want to) (?:and )?work (?:with|for) us|"
            r"job (?:opening|opportunity|offer|posting|vacancy|listing)s?\b|career opportunit(?:y|ies)|"
            r"openings? (?:for|in our)|be part of our team)"
        ),
    ),
    (
        2,
        "it asks for an application",
        (
            r"\b(?:send (?:us|me|in) (?:your|an?) (?:cv|resume|résumé|portfolio|application)|dm (?:me |us )?(?:your|with your) "
            r"(?:cv|resume|portfolio)|application deadline|how to apply:|link to apply|apply (?:directly|below) )"
        ),
    ),
    (1, "a salary range", r"\bsalary(?: range)?:|\b\d{2,3}k ?(?:-|–|to) ?\d{2,3}k\b|\brelocation (?:support|package|assistance)"),
    (1, "a page of jobs", r"https?://[^\s]{0,80}(?:/jobs\b|/careers?\b|/grads\b|jobs?\.)"),
    (
        1,
        "pay",
        (
            r"[€£$]\s?\d{1,3}(?:[.,]\d{3}|k)?\s?(?:-|–|to)\s?[€£$]?\s?\d|[€£$]\s?\d[\d.,]{0,8}k?\s?(?:/|per |"
            r"a )\s?(?:h(?:ou)?r|day|annum|year)\b|[€£$]\s?\d{2,3}k\b|\b(?:competitive salary|stock options,|\+ equity|"
            r"\+ benefits|\+ commission|(?:plus|base \+) (?:bonus|commission)|days of vacation|referral bonus|"
            r"\d{2,3}k (?:sek|nok|eur|usd))\b"
        ),
    ),
    (
        1,
        "terms of employment",
        (
            r"\b(?:full[- ]time\b(?! job:)|employment type|100% remote|remote ok|or remote|fully remote|hybrid|onsite|"
            r"outside ir35|months? contract|years?'? (?:of )?exp|\d\+? ?yrs?\b|start asap|immediate start|"
            r"four-day week|\d\d? hours (?:a|per) week|visa\b)|\((?:remote|hybrid)|remote \(|\b0\.\d fte\b"
        ),
    ),
    (2, "an address to all genders, as in ads", r"\((?:m/f/[dx]|m/w/d|w/m/d|f/m/[dx]|h/f)\)"),
    (
        1,
        "requirements and duties",
        (
            r"\b(?:(?:key )?responsibilities:|requirements:|qualifications:|job description|must have \d|you(?:'ll|"
            r" will) (?:handle|manage|report|own|lead)|\d\+ years|must be familiar|desirable\b|experience (?:with|"
            r"in) .{2,30} (?:essential|required|preferred|desirable))"
        ),
    ),
    (
        2,
        "the words of an employer",
        r"\b(?:equal opportunity employer|successful candidate|candidates must|stellenangebot|offre d'emploi|oferta de empleo)\b",
    ),
    (1, "a closing date", r"\b(?:closing date|students of .{3,40} encouraged)\b"),
    (
        1,
        "hashtags of job ads",
        r"#(?:hiring|nowhiring|jobs?|remotejobs?|startupjobs|vacancy|jobopening|careers?|tweetmyjobs)\b|\[hiring\]",
    ),
)

GIVEAWAY = signs(
    Noise.GIVEAWAY,
    (
        1,
        "a giveaway or prize draw",
        (
            r"\b(?:giveaway|(?:giving|give) away (?:\d+|one|two|three|five|ten|a|an)\b|raffle alert|sweepstakes?|"
            r"(?:prize|lucky) draw|door prize|contest:|competition time|gewinnspiel|verlosen|verlosung|verschenken|"
            r"jeu concours|tirage au sort|lucky (?:winner|attendee|reader|listener|follower|person)|invite codes|to hand out)"
        ),
    ),
    (
        1,
        "something to win",
        (
            r"\b(?:chance (?:to (?:win|get)|of winning)|could win|win (?:a|an|one|\d|[£$€]\d)|wins? [£$€]a|to win\b|"
            r"win!|gagnez|want free|^free \w+|"
            r"win (?:\w+ ){0,3}(?:tickets?|prizes?|copies|swag|licen[cs]es?|seats?|subscriptions?|vouchers?|hampers?|bundles?)\b)"
        ),
    ),
    (
        1,
        "a call to follow, like, share or tag",
        (
            r"\b(?:like|follow|retweet|rt|repost|share|comment|folge|kommentiere|suivez)\b[^.!?\n]{0,24}(?:,|&|\+|"
            r" and | und | et )\s?(?:and )?(?:then )?(?:follow|like|share|tag|retweet|rt|comment|reply|drop|repost|"
            r"markiere|teile|taguez|aimez)\b"
        ),
    ),
    (
        1,
        "a call to tag or repost",
        (
            r"\b(?:tag (?:a|your|\d+|two|three) (?:friends?|colleagues?|team)|(?:retweet|repost|rt) (?:this|for|to|and|"
            r"\+)|follow (?:us|me|@\w)|comment with your)|#(?:giveaway|win|freebie|contest|competition|sweepstakes)\b"
        ),
    ),
    (
        2,
        "how to take part",
        (
            r"\b(?:winners? (?:will be |is |are )?(?:announced|drawn|picked|chosen)|pick a winner|how to enter|"
            r"to enter:|enter (?:here|via gleam|our sweepstakes|our prize draw|to win|for a chance)|"
            r"no purchase necessary|t&cs apply|entries close|teilnahmeschluss|\+\d entries)"
        ),
    ),
    (
        2,
        "the terms of a draw",
        (
            r"\b(?:one entry per|winners? (?:gets?|receives?|selected|notified)|(?:giveaway|contest|competition|draw|raffle) "
            r"(?:ends?|closes?|is open|runs until)|enter (?:by|now|before) [^.!?\n]{0,40}\b(?:win|prizes?|draw)\b)"
        ),
    ),
    (
        1,
        "prizes",
        (r"\b(?:up for grabs|could be yours|(?:grand|first|great|amazing) prizes?|prizes? worth)\b"),
    ),
    (
        1,
        "something to do for a chance",
        (
            r"\b(?:(?:like|follow|retweet|repost|rt|share|subscribe|comment|reply|tag|sign up)\b[^.!?\n]{0,50}\b(?:to|and) "
            r"(?:enter|win|take part|participate|be in with)|tag (?:someone|somebody|a (?:mate|buddy|pal|co-?worker))|"
            r"in with a chance|(?:comment|reply|answer) below (?:to|and|for)|for your chance)\b"
        ),
    ),
    (
        1,
        "how the draw goes",
        (
            r"\b(?:to take part|draw on \w+day|\d+ winners\b|picked \w+ night|closes? (?:at )?\d\d?(?:am|pm)|"
            r"signed copy|[a-z]+ only\. closes|rt to enter)\b"
        ),
    ),
    (
        1,
        "a promo code",
        (
            r"\b(?:promo|coupon|discount|referral|exclusive|voucher)[ -]codes?\b(?: (?:\w+[ :] ?){0,3}\w*\d|:| for)|"
            r"\b(?:with|use|using) (?:my |our |the )?(?:exclusive )?(?:promo |discount )?(?:code|"
            r"coupon) (?!reviews?\b|bases?\b|editor|blocks?\b|snippets?\b|samples?\b|to\b|and\b)\w|"
            r"\bvouchers?: |\b(?:promo|coupon) codes?\b"
        ),
    ),
    (
        1,
        "a rebate",
        (
            r"\b\d{1,2}\s?% off\b|\b(?:half price|lifetime (?:deal|licen[cs]e)[^.\n]{0,20}(?:only|\d)|"
            r"[£$€]\d+ \((?:was|\d)|free [£$€]\d|exclusive offer!|months of \w+ free|cheapest ever|save big)"
        ),
    ),
    (
        1,
        "money off",
        (
            r"\bsave (?:up to )?(?:an extra )?(?:[£$€]\d|\d{1,2} ?%)|\b\d{1,2} ?% (?:discount|rabatt|de descuento|cheaper)|"
            r"\ban extra \d{1,2} ?%|\b\d{1,2} (?:free months|months free)\b"
        ),
    ),
    (
        1,
        "marked as advertising",
        r"#(?:ad|sponsored|promo|promotion|deals?|coupons?|discount|affiliate|sale|blackfriday|cybermonday)\b",
    ),
    (
        1,
        "an offer that ends",
        (
            r"\b(?:ending soon|limited (?:spots|seats|offer|stock)|this (?:week|weekend) only|24 hours only|"
            r"offer (?:ends|valid)|sale ends|grab (?:yours|your)|get yours|claim (?:yours|it|here|now))\b"
        ),
    ),
    (
        1,
        "pressure to hurry",
        (
            r"\b(?:limited[- ]time offer,? \w|hurry[!,.]|today only$|today only\b.{0,20}https?|only today|"
            r"ends? (?:tonight|today|sunday|at midnight)|(?:deal |offer )(?:expires|ends)|valid until|expires? \d|"
            r"before it expires|flash sale|deal of the day|only \d+ left|while (?:stocks|supplies) last|"
            r"first \d+ to sign|tested today|verified today|don't miss it)"
        ),
    ),
    (
        1,
        "a call to grab it",
        (
            r"\b(?:grab it|claim your (?!refund)|redeem|shop now|get it now|sign up (?:with|using) my|at checkout|"
            r"perk alert|black friday deal|more (?:vouchers|promo codes|deals)|exclusive link|and use code)\b"
        ),
    ),
    (
        1,
        "a referral link",
        r"\b(?:affiliate link gets|my (?:affiliate|referral) link|both get [£$€])|https?://\S{1,80}[?&/](?:ref|r)[=/]\w",
    ),
)
