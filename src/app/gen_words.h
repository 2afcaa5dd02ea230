// What the generator's authors say: sentences by language, shop words and the like. All written for
// this file.
//
// Nothing here may look like a hashtag, a mention or a link: those are pieces of their own. No
// sentence ends or begins with a blank.
#pragma once

#include <array>
#include <string_view>

namespace hashcart::app {

struct GenLanguage {
  std::string_view code;
  unsigned weight;  // of all weights together
  std::array<std::string_view, 8> sentences;
};

inline constexpr std::array<GenLanguage, 13> kGenLanguages = {{
    {"en",
     34,
     {"Finally some rain, and of course the umbrella is at the office.",
      "Does anyone else put the milk in first? Asking for a friend \xF0\x9F\x98\x85",
      "Two hours of meetings to decide when the next meeting is",
      "New blog post is up: what we learned from a year of night shifts & cold coffee",
      "The cat has opinions about the vacuum cleaner again",
      "Good morning! Train is late, sky is pink, I am not complaining \xE2\x9C\xA8",
      "If x < y then somebody forgot to carry the one... third time this week",
      "That last episode \xF0\x9F\x98\xAD no spoilers please, I'm only half way through it"}},
    {"ja",
     20,
     {"今日はとてもいい天気ですね、散歩に行ってきます",
      "新しいラーメン屋さん、並んでたけど美味しかった！", "会議が長い…もう帰りたい",
      "推しのライブ当たった\xF0\x9F\x8E\x89 来月まで生きられる", "電車が遅れています。寒い。",
      "積ん読がまた増えてしまった、でも後悔はしていない",
      "猫が布団から出てくれないので仕事に行けません",
      "おはようございます☀️ 今週もよろしくお願いします"}},
    {"es",
     9,
     {"Mañana empieza la feria y todavía no tengo plan",
      "¿Alguien sabe si el metro funciona esta noche?",
      "El café de esta oficina debería ser ilegal",
      "Por fin viernes \xF0\x9F\x92\x83 nos vemos en la plaza",
      "Qué partido, qué final, qué locura", "Leyendo bajo la lluvia con una manta vieja",
      "Mi abuela dice que el secreto está en el azafrán",
      "Otra vez sin batería a las tres de la tarde"}},
    {"pt",
     7,
     {"Bom dia! O sol voltou e eu também", "Alguém me explica esse final de novela",
      "Trânsito parado na marginal, nada de novo",
      "Saudade de pão de queijo quentinho \xF0\x9F\xA7\x80",
      "Três dias sem dormir por causa dessa prova", "Que jogo! Coração não aguenta mais",
      "A vida é curta, comam a sobremesa primeiro", "Hoje tem show, quem vai?"}},
    {"ar",
     5,
     {"صباح الخير يا أصدقاء، يوم جميل للجميع", "الجو اليوم رائع جدا والحمد لله",
      "من شاهد المباراة أمس؟ كانت مذهلة", "القهوة أولا ثم الكلام",
      "انتهيت من قراءة كتاب جديد عن تاريخ المدينة", "الطريق مزدحم والموعد بعد قليل",
      "عيد ميلاد سعيد يا أخي العزيز \xF0\x9F\x8E\x82", "أحيانا يكفي الصمت"}},
    {"ko",
     5,
     {"오늘 날씨 정말 좋네요, 산책하러 나갑니다", "점심 뭐 먹지? 고민만 삼십 분째",
      "드디어 퇴근! 오늘도 수고하셨습니다", "새 앨범 너무 좋아서 계속 듣는 중 \xF0\x9F\x8E\xA7",
      "주말에 눈이 온다고 합니다", "고양이가 키보드 위에서 자고 있어요", "버스를 또 놓쳤다",
      "다들 건강 조심하세요"}},
    {"fr",
     4,
     {"Encore un retard, encore une excuse", "Le marché du dimanche, c'est sacré",
      "Qui a mangé le dernier croissant ?", "Ça y est, la première neige est tombée",
      "Je relis ce roman tous les hivers", "On se retrouve à la gare vers midi",
      "Très belle exposition, allez-y", "Une tempête dans un verre d'eau"}},
    {"ru",
     4,
     {"Доброе утро, страна! Кофе уже готов", "Опять пробки, опять опаздываю",
      "Дочитал книгу и не могу уснуть", "Первый снег в этом году, красота",
      "Кто смотрел вчерашний матч?", "Бабушка передаёт всем привет и пирожки",
      "Отпуск закончился, не успев начаться", "Тихий вечер, дождь, чай с лимоном"}},
    {"tr",
     4,
     {"Günaydın, bugün hava çok güzel", "Vapurda simit yemek bambaşka", "Toplantı yine uzadı",
      "Maçın son dakikası inanılmazdı", "Kedi yine klavyenin üstünde",
      "Yağmur başladı, şemsiye evde", "Bu şarkıyı çok özlemişim", "Herkese iyi haftalar dilerim"}},
    {"th",
     2,
     {"วันนี้อากาศดีมาก", "หิวข้าวแล้ว กินอะไรดี", "รถติดอีกแล้ว กลับบ้านช้า", "ขอบคุณทุกคนที่มาวันนี้",
      "ฝนตกหนักมาก ระวังตัวด้วยนะ", "ง่วงนอนทั้งวันเลย", "แมวตัวนี้น่ารักเกินไป \xF0\x9F\x98\xBB",
      "สุขสันต์วันเกิดนะ"}},
    {"in",
     3,
     {"Selamat pagi semuanya, semangat ya", "Hujan terus dari kemarin, jemuran tidak kering",
      "Macet parah di jalan utama", "Ada yang sudah nonton film barunya?",
      "Kopi pertama hari ini, akhirnya", "Tugas belum selesai, besok dikumpulkan",
      "Kangen masakan rumah", "Terima kasih untuk malam yang indah"}},
    {"de",
     2,
     {"Der Zug fällt heute leider aus", "Schönes Wochenende allerseits",
      "Wer hat an der Uhr gedreht?", "Frische Brezeln, mehr braucht es nicht",
      "Übermorgen geht es endlich in die Berge", "Schon wieder Regen, schon wieder kein Schirm",
      "Das Spiel gestern war großes Kino", "Ich lese gerade drei Bücher gleichzeitig"}},
    {"zh",
     1,
     {"今天的天气真好，适合出去走走", "加班到现在，终于可以回家了", "这家面馆的味道还是和以前一样",
      "周末有人一起去爬山吗", "又下雨了，地铁好挤", "看完这部电影，久久不能平静",
      "早安，祝大家一切顺利", "猫又把杯子推下去了"}},
}};

// Sellers, before or after their link.
inline constexpr std::array<std::string_view, 12> kGenAdverts = {
    "Out now, while stocks last:",
    "Just in: our bestseller is back at a better price",
    "Deal of the day! Free shipping on everything in this box",
    "You asked, we listened. Now also in blue & green",
    "本日発売！数量限定です",
    "I just bought this and I love it",
    "Everybody should own one of these, honestly",
    "Nur heute: ein Drittel günstiger",
    "看看这个，真的很好用",
    "¡Última oportunidad! Envío gratis",
    "My new book is out today \xF0\x9F\x93\x9A thank you all",
    "Handmade in small batches, each one is different",
};

// Buyers, around their tag. Empty ones say nothing but the tag.
inline constexpr std::array<std::string_view, 12> kGenWishes = {
    "yes please!",
    "",
    "Take my money \xF0\x9F\x92\xB8",
    "want",
    "欲しい！",
    "ok, got me",
    "for my mum's birthday & mine",
    "",
    "lo quiero",
    "니꺼 내꺼",
    "at last",
    "هذا ما أبحث عنه",
};

// Tags that nobody sells by.
inline constexpr std::array<std::string_view, 16> kGenOrdinaryTags = {
    "nowplaying", "photo",      "TBT", "ラーメン", "caturday", "GoTeam",  "music", "FollowFriday",
    "news",       "fotografía", "猫",  "job",      "breaking", "Monday2", "лето",  "giveaway",
};

inline constexpr std::array<std::string_view, 24> kGenSlugWords = {
    "Wireless", "Portable", "Steel",  "Kitchen",  "Garden", "Vintage", "Classic", "Deluxe",
    "Set",      "Lamp",     "Mug",    "Keyboard", "Boots",  "Novel",   "Puzzle",  "Speaker",
    "Blue",     "Large",    "Travel", "Mini",     "Cotton", "Wooden",  "Edition", "Charger",
};

inline constexpr std::array<std::string_view, 10> kGenNames = {
    "Maria Lopez",    "田中さくら", "Ken \xF0\x9F\x8D\x9C",
    "A. Müller",      "Fatima",     "오늘의소식",
    "Juan & Co",      "jane doe",   "Ольга",
    "The Daily Bean",
};

inline constexpr std::array<std::string_view, 10> kGenBios = {
    "Coffee first. Opinions my own, retweets are not endorsements. Father of two, fan of one club.",
    "好きなものは絵と音楽とラーメン。霜月さん、志方さん、民族系の音楽が好き。無言フォロー失礼します"
    "。",
    "News, weather & traffic for the valley since 1987",
    "\xE2\x9C\xA8 she/her \xE2\x9C\xA8 books, cats, long walks \xE2\x9C\xA8",
    "Periodista. Lectora. Tomo demasiado mate y escribo demasiado poco.",
    "",
    "Engineer by day, baker by night. I build small things that last.",
    "그림 그리는 사람 / 문의는 메일로 / 무단 사용 금지",
    "Вопросы и предложения в личные сообщения. Ведём с 2009 года.",
    "Student, gamer, occasional poet",
};

}  // namespace hashcart::app
