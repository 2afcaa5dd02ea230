// Links to products: hosts, ports and userinfo; paths as browsers read them; templates;
// redirectors; hostile input.
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "match/link_grammar.h"
#include "match/link_testing.h"
#include "match/redirectors.h"

namespace hashcart::match {
namespace {

class Links : public ::testing::Test {
 protected:
  std::string judge(std::string_view url, bool text_link = false) const {
    return testing::judge(shops_, table_, url, text_link);
  }

  const catalogue::Catalogue shops_ = testing::make_shops();
  const LinkTable table_{shops_};
};

constexpr char kProduct[] = "amazon:US:asin:B00EXAMPL1";

TEST_F(Links, NameMarketAndProduct) {
  EXPECT_EQ(judge("http://www.amazon.com/Some-Title/dp/B00EXAMPL1/ref=sr_1_1?s=books#x"), kProduct);
  EXPECT_EQ(judge("https://amazon.co.uk/gp/product/080442957x"), "amazon:GB:asin:080442957X");
  EXPECT_EQ(judge("https://item.taobao.com/item.htm?spm=a&id=520813250866&id=1"),
            "taobao:*:item:520813250866");
  EXPECT_EQ(judge("https://amzn.com/B00EXAMPL1"), kProduct);
}

TEST_F(Links, CompareTheHostWhole) {
  EXPECT_EQ(judge("HTTP://WWW.AMAZON.COM./dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://%77ww.amazon%2Ecom/dp/B00EXAMPL1"), "bad_host");
  EXPECT_EQ(judge("http://www.am\taz\non.com/dp/B00EXAMPL1"), "bad_host");
  EXPECT_EQ(judge("http://amazon.com.evil.example/dp/B00EXAMPL1"), "unknown_host");
  EXPECT_EQ(judge("http://evilamazon.com/dp/B00EXAMPL1"), "unknown_host");
  EXPECT_EQ(judge("http://amazon.com-evil.example/dp/B00EXAMPL1"), "unknown_host");
  EXPECT_EQ(judge("http://%2577ww.amazon.com/dp/B00EXAMPL1"), "bad_host") << "decoded once";
  EXPECT_EQ(judge("http://www.amazon.com../dp/B00EXAMPL1"), "bad_host");
  EXPECT_EQ(judge("http://taobao.com/item.htm?id=520813250866"), "unknown_host")
      << "*.host is not the host";
  EXPECT_EQ(judge("http://a.b.c.deep.odd.example/x/y/ab1"), "odd:*:odd:ab1");
  EXPECT_EQ(judge("http://xn--amazn-mye.com/dp/B00EXAMPL1"), "unknown_host");
  EXPECT_EQ(judge("http://amazon\xE3\x80\x82"
                  "com/dp/B00EXAMPL1"),
            "bad_host");
  EXPECT_EQ(judge("http://\xD0\xB0mazon.com/dp/B00EXAMPL1"), "bad_host");
  EXPECT_EQ(judge("http://1.2.3.4/dp/B00EXAMPL1"), "bad_host");
  EXPECT_EQ(judge("http://0x7f000001/dp/B00EXAMPL1"), "bad_host");
  EXPECT_EQ(judge("http://[::1]/dp/B00EXAMPL1"), "bad_host");
  EXPECT_EQ(judge("http://amazon .com/dp/B00EXAMPL1"), "bad_host");
}

TEST_F(Links, RefuseUserinfoAndPorts) {
  EXPECT_EQ(judge("https://www.amazon.com@evil.example/dp/B00EXAMPL1"), "userinfo");
  EXPECT_EQ(judge("https://evil@www.amazon.com/dp/B00EXAMPL1"), "userinfo");
  EXPECT_EQ(judge("https://www.amazon.com%2Fdp%2F@evil.example/B00EXAMPL1"), "userinfo");
  EXPECT_EQ(judge("https://www.amazon.com:8443/dp/B00EXAMPL1"), "port");
  EXPECT_EQ(judge("https://www.amazon.com:443/dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://www.amazon.com:0080/dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://www.amazon.com:/dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://www.amazon.com:8a/dp/B00EXAMPL1"), "not_a_url");
  EXPECT_EQ(judge("http://www.amazon.com:99999/dp/B00EXAMPL1"), "not_a_url");
  EXPECT_EQ(judge("http://evil.example/@www.amazon.com/dp/B00EXAMPL1"), "unknown_host");
}

TEST_F(Links, SupplyASchemeOnlyForText) {
  EXPECT_EQ(judge("amazon.com/dp/B00EXAMPL1", true), kProduct);
  EXPECT_EQ(judge("//amazon.com/dp/B00EXAMPL1", true), kProduct);
  EXPECT_EQ(judge("//amazon.com/dp/B00EXAMPL1"), kProduct) << "scheme-relative, from a payload";
  EXPECT_EQ(judge(" \\/amazon.com/dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("//x@amazon.com/dp/B00EXAMPL1"), "userinfo");
  EXPECT_EQ(judge("//"), "not_a_url");
  EXPECT_EQ(judge("/dp/B00EXAMPL1"), "not_a_url");
  EXPECT_EQ(judge("amazon.com/dp/B00EXAMPL1"), "not_a_url");
  EXPECT_EQ(judge("ftp://amazon.com/dp/B00EXAMPL1"), "not_a_url");
  EXPECT_EQ(judge("ftp://amazon.com/dp/B00EXAMPL1", true), "unknown_host");
  EXPECT_EQ(judge("http:amazon.com/dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http:\\\\amazon.com\\dp\\B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://"), "not_a_url");
  EXPECT_EQ(judge("http:///dp/B00EXAMPL1"), "unknown_host");
  EXPECT_EQ(judge(""), "not_a_url");
  EXPECT_EQ(judge("", true), "not_a_url");
}

TEST_F(Links, ReadPathsAsBrowsersDo) {
  EXPECT_EQ(judge("  http://amazon.com/d\np/B00EXA\tMPL1 \n"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/a/../dp/./B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/a/%2E%2e/dp/%2e/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/../../dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/dp/B00EXAMPL1/.."), "no_template");
  EXPECT_EQ(judge("http://amazon.com/%64p/B00%45XAMPL1"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/%2564p/B00EXAMPL1"), "no_template") << "decoded once";
  EXPECT_EQ(judge("http://amazon.com/\xE6\x9C\xAC|\"x y\"/dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/DP/b00exampl1"), kProduct);
  EXPECT_EQ(judge("http://amazon.com//dp/B00EXAMPL1"), kProduct) << "an empty segment is a segment";
  EXPECT_EQ(judge("http://amazon.com/dp//B00EXAMPL1"), "no_template");
}

TEST_F(Links, EndIdsWhereTheyEnd) {
  EXPECT_EQ(judge("http://amazon.com/dp/B00EXAMPL1?x"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/dp/B00EXAMPL1#x"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/dp/B00EXAMPL1%3FSubscriptionId%3D1/2"), kProduct);
  EXPECT_EQ(judge("http://amazon.com/dp/B00EXAMPL1%23x"), "bad_id");
  EXPECT_EQ(judge("http://amazon.com/dp/B00EXAMPL1%2Fref"), "bad_id");
  EXPECT_EQ(judge("http://amazon.com/dp/B00EXAMPL12"), "bad_id");
  EXPECT_EQ(judge("http://amazon.com/dp/bestseller"), "bad_id");
  EXPECT_EQ(judge("http://amazon.com/dp/B00EXAMPL\xC3\xA9"), "bad_id");
  EXPECT_EQ(judge("http://amazon.com/dp/"), "no_template");
  EXPECT_EQ(judge("http://amazon.com/dp/" + std::string(5000, 'B')), "bad_id");
}

TEST_F(Links, HoldBooksToTheirCheckDigit) {
  EXPECT_EQ(judge("http://amazon.com/dp/0306406152"), "amazon:US:asin:0306406152");
  EXPECT_EQ(judge("http://amazon.com/dp/0306406153"), "bad_id");
  EXPECT_EQ(judge("http://amazon.com/dp/030640615X"), "bad_id");
  EXPECT_EQ(judge("http://amazon.com/dp/1234567890"), "bad_id");
  EXPECT_EQ(judge("http://amazon.com/dp/B001234567"), "amazon:US:asin:B001234567");
}

TEST_F(Links, SayWhoIsPaidForThem) {
  const auto pays = [&](std::string_view url) { return testing::affiliate_of(table_, url); };
  const std::string base = "http://amazon.com/dp/B00EXAMPL1";
  EXPECT_EQ(pays(base), "");
  EXPECT_EQ(pays(base + "?th=1&tag=some-20&psc=1#tag=no-20"), "some-20");
  EXPECT_EQ(pays(base + "?a=1&amp;TAG=some-20"), "some-20");
  EXPECT_EQ(pays(base + "?ta%67=some%2D20"), "some-20");
  EXPECT_EQ(pays(base + "?tag=so%256Dme-20"), "so%6Dme-20") << "decoded once";
  EXPECT_EQ(pays(base + "?xtag=no-20&tagx=no-20"), "") << "keys are compared whole";
  EXPECT_EQ(pays(base + "?tag=&tag=some-20"), "some-20") << "an empty value is none";
  EXPECT_EQ(pays(base + "?AssociateTag=b-20&tag=a-20"), "a-20") << "keys in their order";
  EXPECT_EQ(pays(base + "?AssociateTag=b-20&tag="), "b-20");
  EXPECT_EQ(pays(base + "?tag=" + std::string(64, 'x')), std::string(64, 'x'));
  for (const std::string& bad :
       {std::string(65, 'x'), std::string("a%20b"), std::string("a%0Ab"), std::string("a\xC3\xA9"),
        std::string("%D1%82"), std::string("a%00"), std::string("%7F")}) {
    EXPECT_EQ(pays(base + "?tag=" + bad + "&AssociateTag=b-20"), "") << bad;
    EXPECT_EQ(judge(base + "?tag=" + bad), kProduct);
  }
  // Amazon's product API escaped the whole query.
  EXPECT_EQ(pays(base + "%3FSubscriptionId%3DA%26tag%3Dsome-20%26linkCode%3Dxm2"), "some-20");
  EXPECT_EQ(pays(base + "%3Ftag%3Dno-20?tag=some-20"), "some-20");
}

TEST_F(Links, SayWhoIsPaidInThePath) {
  const auto pays = [&](std::string_view url) { return testing::affiliate_of(table_, url); };
  const std::string base = "http://amazon.com/exec/obidos/ASIN/B00EXAMPL1";
  EXPECT_EQ(judge(base), kProduct);
  EXPECT_EQ(pays(base), "");
  EXPECT_EQ(pays(base + "/"), "");
  EXPECT_EQ(pays(base + "/some-20"), "some-20");
  EXPECT_EQ(pays(base + "/some%2D20/102-1"), "some-20");
  EXPECT_EQ(pays(base + "/B00EXAMPL2"), "B00EXAMPL2") << "it may look like an id";
  EXPECT_EQ(pays(base + "/ref=nosim/some-20?x=1"), "some-20");
  EXPECT_EQ(pays(base + "/104-4559334-1234567"), "") << "a session";
  EXPECT_EQ(pays(base + "/some-20?tag=other-20"), "other-20");
  EXPECT_EQ(pays(base + "/some%2020"), "");
  EXPECT_EQ(judge(base + "/some%2020"), kProduct);
  EXPECT_EQ(pays("http://amazon.com/dp/B00EXAMPL1/some-20"), "") << "that template names no one";
}

// What the network is told about who is paid stays with the network.
TEST_F(Links, TakeTheShopsOwnWordForWhoIsPaid) {
  const auto pays = [&](std::string_view url) { return testing::affiliate_of(table_, url); };
  EXPECT_EQ(pays("https://www.awin1.com/cread.php?tag=no-20&awinaffid=7&ued="
                 "https%3A%2F%2Famazon.com%2Fdp%2FB00EXAMPL1"),
            "");
  EXPECT_EQ(pays("https://www.awin1.com/cread.php?tag=no-20&ued="
                 "https%3A%2F%2Famazon.com%2Fdp%2FB00EXAMPL1%3Ftag%3Dsome-20"),
            "some-20");
  // A verdict without a product names no one, also with a scratch that has been used.
  LinkScratch scratch;
  EXPECT_EQ(table_.classify("http://amazon.com/dp/B00EXAMPL1?tag=a-20", false, &scratch)
                .product.affiliate,
            "a-20");
  EXPECT_EQ(
      table_.classify("http://amazon.com/gp/help?tag=a-20", false, &scratch).product.affiliate, "");
  EXPECT_EQ(
      table_.classify("http://item.taobao.com/item/520813250866.htm?tag=a-20", false, &scratch)
          .product.affiliate,
      "");
}

TEST_F(Links, FindQueryTermsAnywhere) {
  EXPECT_EQ(judge("http://amazon.com/gp/cart.html?Quantity.1=1&asin.1=B00EXAMPL1"), kProduct);
  EXPECT_EQ(judge("http://item.taobao.com/item.htm?sku_id=999999&uid=888888"), "no_template");
  EXPECT_EQ(judge("http://item.taobao.com/item.htm?id=abc&id=520813250866"), "bad_id")
      << "first key wins";
  EXPECT_EQ(judge("http://item.taobao.com/item.htm?a=1&amp;id=520813250866"),
            "taobao:*:item:520813250866");
  EXPECT_EQ(judge("http://item.taobao.com/item.htm?%69d=%3520813250866"),
            "taobao:*:item:520813250866");
  EXPECT_EQ(judge("http://item.taobao.com/item.htm?id=520813250866?spm=1"),
            "taobao:*:item:520813250866");
  EXPECT_EQ(judge("http://item.taobao.com/item.htm?"), "no_template");
  EXPECT_EQ(judge("http://item.taobao.com/item.htm#id=520813250866"), "no_template");
  EXPECT_EQ(judge("http://weidian.com/item.html?itemID%3D7240382968&sa=D"),
            "weidian:*:item:7240382968");
  EXPECT_EQ(judge("http://odd.example/q?id=ab1&kind=good"), "odd:*:odd:ab1");
  EXPECT_EQ(judge("http://odd.example/q?id=ab1&kind=bad"), "no_template");
}

TEST_F(Links, FollowTheOddTemplates) {
  EXPECT_EQ(judge("http://odd.example/x/y/ab1"), "odd:*:odd:ab1");
  EXPECT_EQ(judge("http://odd.example/x/x/y/x/y/ab1/rest"), "odd:*:odd:ab1");
  EXPECT_EQ(judge("http://odd.example/x/y/1/x/y/2"), "bad_id");
  EXPECT_EQ(judge("http://odd.example/s/a-name-AB12.html"), "odd:*:odd:ab12");
  EXPECT_EQ(judge("http://odd.example/s/a-name-12-34.html"), "odd:*:odd:12-34")
      << "the id holds the separator";
  EXPECT_EQ(judge("http://odd.example/s/ab12.html"), "no_template");
  EXPECT_EQ(judge("http://odd.example/l/a.b-i.77.cd5"), "odd:*:odd:cd5");
  EXPECT_EQ(judge("http://odd.example/l/a.b-cat.cd5"), "no_template");
  EXPECT_EQ(judge("http://odd.example/h/12-some-title"), "odd:*:odd:ab12");
  EXPECT_EQ(judge("http://odd.example/h/12"), "no_template");
  EXPECT_EQ(judge("http://odd.example/two/shop/77/end"), "odd:*:odd:shop/77");
  EXPECT_EQ(judge("http://odd.example/two/shop/77"), "no_template");
  EXPECT_EQ(judge("http://odd.example/two/shop"), "no_template");
  EXPECT_EQ(judge("http://odd.example/f#a=1&/v/ab1?x"), "odd:*:odd:ab1");
  EXPECT_EQ(judge("http://odd.example/f#/w/ab1"), "no_template");
  EXPECT_EQ(judge("http://odd.example/n/any/ab1"), "odd:*:odd:ab1");
  EXPECT_EQ(judge("http://odd.example/n/NOT/ab1"), "no_template");
  EXPECT_EQ(judge("http://odd.example/n/n%6Ft/ab1"), "no_template");
  EXPECT_EQ(judge("http://odd.example/m/ab123"), "odd:*:odd:ab123");
  EXPECT_EQ(judge("http://odd.example/m/ab12"), "no_template");
  EXPECT_EQ(judge("http://odd.example/m/12345"), "bad_id");
  EXPECT_EQ(judge("http://odd.example/m?id=ab123"), "odd:*:odd:ab123");
  EXPECT_EQ(judge("http://odd.example/m?id=ab12"), "no_template");
}

TEST_F(Links, KnowShortLinks) {
  LinkScratch scratch;
  const LinkVerdict verdict = table_.classify("https://amzn.to/2n4b5k4", false, &scratch);
  EXPECT_EQ(verdict.why, LinkWhy::kShortLink);
  EXPECT_EQ(shops_.retailers[verdict.short_of].id, "amazon");
  EXPECT_EQ(judge("https://m.tb.cn/h.UbFkcRT?tk=abcd"), "short_link");
  EXPECT_EQ(judge("https://s.click.taobao.com/item.htm?id=520813250866"), "short_link");
  EXPECT_EQ(judge("https://www.amzn.to/2n4b5k4"), "unknown_host")
      << "short hosts are compared whole";
  EXPECT_EQ(judge("https://both.odd.example/x/y/ab1"), "odd:*:odd:ab1") << "a host can be both";
  EXPECT_EQ(judge("https://both.odd.example/abc"), "short_link");
}

TEST_F(Links, OpenRedirectors) {
  EXPECT_EQ(judge("https://l.facebook.com/"
                  "l.php?u=https%3A%2F%2Fwww.amazon.com%2Fdp%2FB00EXAMPL1%3Ftag%3Dx&h=AT"),
            kProduct);
  EXPECT_EQ(judge("https://www.google.com/url?q=http://amazon.com/dp/B00EXAMPL1&sa=D"), kProduct);
  EXPECT_EQ(judge("https://www.google.com/search?q=http://amazon.com/dp/B00EXAMPL1"),
            "unknown_host");
  EXPECT_EQ(
      judge("https://www.awin1.com/cread.php?ued=https%3A%2F%2Fevil.example%2Fdp%2FB00EXAMPL1"),
      "unknown_host");
  EXPECT_EQ(
      judge("https://www.awin1.com/cread.php?ued=https%3A%2F%2Fx%40amazon.com%2Fdp%2FB00EXAMPL1"),
      "userinfo");
  EXPECT_EQ(judge("https://www.awin1.com/cread.php?ued=https%3A%2F%2Famzn.to%2Fabc"), "short_link");
  EXPECT_EQ(judge("https://www.awin1.com/cread.php?ued=amazon.com/dp/B00EXAMPL1"), kProduct);
  EXPECT_EQ(
      judge(
          "https://www.fishgoo.com/#/"
          "p?productLink=https%253A%252F%252Fitem.taobao.com%252Fitem.htm%253Fid%253D675330231401"),
      "taobao:*:item:675330231401");
  EXPECT_EQ(
      judge("https://www.awin1.com/cread.php?ued=https%3A%2F%2F%2561mazon.com%2Fdp%2FB00EXAMPL1"),
      "bad_host")
      << "a host that does not stand in the URL as it is";
  EXPECT_EQ(judge("https://evil.example/?url=https%3A%2F%2Fwww.amazon.com%2Fdp%2FB00EXAMPL1"),
            "unknown_host");
}

TEST_F(Links, OpenRedirectorsThatHoldTheTargetInTheirPath) {
  const std::string ads = "https://aax-eu.amazon-adsystem.com/x/c/QrX-token_1/";
  EXPECT_EQ(judge(ads + "https://www.amazon.com/Title/dp/B00EXAMPL1/ref=as_at?a=1&tag=x-20#d"),
            kProduct);
  EXPECT_EQ(testing::affiliate_of(table_, ads + "https://amazon.com/dp/B00EXAMPL1?a=1&tag=x-20#d"),
            "x-20");
  EXPECT_EQ(judge(ads + "https://assoc-redirect.amazon.com/g/r/http://amazon.com/dp/B00EXAMPL1"),
            kProduct);
  EXPECT_EQ(judge("http://www.jdoqocy.com/links/1234567/type/dlg/http://amazon.com/dp/B00EXAMPL1"),
            kProduct);
  EXPECT_EQ(judge(ads + "https://amazon.com.evil.example/dp/B00EXAMPL1"), "unknown_host");
  EXPECT_EQ(judge(ads + "https://x@amazon.com/dp/B00EXAMPL1"), "userinfo");
  EXPECT_EQ(judge(ads + "amazon.com/dp/B00EXAMPL1"), "unknown_host");
  EXPECT_EQ(judge(ads), "unknown_host");
  EXPECT_EQ(judge("https://aax-eu.amazon-adsystem.com/y/https://amazon.com/dp/B00EXAMPL1"),
            "unknown_host");
  EXPECT_EQ(judge("https://evil.example/x/c/t/https://amazon.com/dp/B00EXAMPL1"), "unknown_host");
}

TEST_F(Links, OpenAgentsThatNameShopAndNumber) {
  EXPECT_EQ(judge("https://oopbuy.com/product/weidian/5416187188?inviteCode=X"),
            "weidian:*:item:5416187188");
  EXPECT_EQ(judge("https://m.joyagoo.com/pages/product?id=899392174715&shoptype=TAOBAo"),
            "taobao:*:item:899392174715");
  EXPECT_EQ(
      judge("https://www.lovegobuy.com/pc/#/goods/detail?platform=weidian&goodsId=4480454092"),
      "weidian:*:item:4480454092");
  EXPECT_EQ(judge("https://oopbuy.com/product/amazon/5416187188"), "unknown_host");
  EXPECT_EQ(judge("https://oopbuy.com/product/1/541618718812345"), "unknown_host");
  EXPECT_EQ(judge("https://notoopbuy.com/product/1/5416187188"), "unknown_host");
  EXPECT_EQ(judge("https://www.cssbuy.com/item-micro-5416187188.html"),
            "weidian:*:item:5416187188");
  EXPECT_EQ(judge("https://www.cssbuy.com/item-541618718812.html"), "taobao:*:item:541618718812");
  EXPECT_EQ(judge("https://www.usfans.com/product/2/676700645112"), "taobao:*:item:676700645112");
  EXPECT_EQ(judge("https://www.usfans.com/product/3/676700645112"), "weidian:*:item:676700645112");
  EXPECT_EQ(judge("https://www.panglobalbuy.com/#/detail?type=3&offerId=5416187188"),
            "weidian:*:item:5416187188");
  EXPECT_EQ(judge("https://www.acbuy.com/product?id=676700645113&source=TB"),
            "taobao:*:item:676700645113");
  for (const std::string_view host : composing_hosts()) {
    EXPECT_NE(judge("http://" + std::string(host) + "/product/taobao/520813250866"), "unknown_host")
        << host;
  }
}

TEST_F(Links, FollowRedirectorsSoFarOnly) {
  std::string url = "http://amazon.com/dp/B00EXAMPL1";
  for (int level = 1; level <= 5; ++level) {
    std::string escaped;
    for (const char c : url) {
      if (c == '%') {
        escaped += "%25";
      } else if (c == '&') {
        escaped += "%26";
      } else {
        escaped += c;
      }
    }
    url = "https://l.facebook.com/l.php?x=1&u=" + escaped;
    EXPECT_EQ(judge(url), level <= LinkTable::kNestedMax ? kProduct : "nested_too_deep") << url;
  }
}

TEST_F(Links, SayWhereTheHostStands) {
  LinkScratch scratch;
  const auto host = [&](std::string_view url, bool text_link) {
    const LinkVerdict verdict = table_.classify(url, text_link, &scratch);
    return std::string(url.substr(verdict.host_start, verdict.host_end - verdict.host_start));
  };
  EXPECT_EQ(host("http://www.amazon.com/dp/B00EXAMPL1", false), "www.amazon.com");
  EXPECT_EQ(host(" \thttp:/\n/www.ama\tzon.com:80/dp", false), "www.ama\tzon.com");
  EXPECT_EQ(host("amazon.com", true), "amazon.com");
  EXPECT_EQ(host("//amazon.com/x", true), "amazon.com");
  EXPECT_EQ(host("https://a@evil.example/", false), "evil.example");
}

TEST_F(Links, NameTheTemplateThatMatched) {
  LinkScratch scratch;
  const LinkVerdict verdict = table_.classify("http://amazon.com/x/dp/B00EXAMPL1", false, &scratch);
  ASSERT_NE(verdict.by, nullptr);
  EXPECT_EQ(verdict.by->text, "/*/dp/{id}");
  EXPECT_EQ(canonical_url(shops_, verdict.product), "https://www.amazon.com/dp/B00EXAMPL1");
}

TEST(UrlParts, AreViewsOfTheUrl) {
  UrlParts parts;
  ASSERT_TRUE(split_url("https://u:p@h.example:81\\a/b?c?d#e#f", &parts));
  EXPECT_EQ(parts.scheme, "https");
  EXPECT_EQ(parts.userinfo, "u:p");
  EXPECT_EQ(parts.host, "h.example");
  EXPECT_EQ(parts.port, "81");
  EXPECT_EQ(parts.path, "\\a/b");
  EXPECT_EQ(parts.query, "c?d");
  EXPECT_EQ(parts.fragment, "e#f");
  EXPECT_TRUE(parts.has_userinfo && parts.has_port);
  EXPECT_FALSE(split_url("mailto:a@b.example", &parts));
  EXPECT_FALSE(split_url("https://user@/x", &parts));
}

// The cost of a URL grows with its length, not faster: four times the bytes may take some ten times
// the time on a busy machine, but not sixteen.
TEST_F(Links, StayLinearOnHostileUrls) {
  const auto repeated = [](const std::string& unit, std::size_t bytes) {
    std::string text;
    text.reserve(bytes + unit.size());
    while (text.size() < bytes) text += unit;
    return text;
  };
  const struct {
    std::string start;
    std::string unit;
  } rows[] = {
      {"http://odd.example", "/x"},
      {"http://odd.example", "/x/y"},
      {"http://odd.example", "/x/y/1"},
      {"http://odd.example/s/", "-1-1"},
      {"http://odd.example/l/", "-i."},
      {"http://odd.example/q?", "&kind=good"},
      {"http://odd.example/q?", "%3"},
      {"http://odd.example/f#", "&/v/"},
      {"http://odd.example", "/a/.."},
      {"http://odd.example", "/%2e%2e"},
      {"http://", "a."},
      {"http://", "a@"},
      {"http://", "%61"},
      {"http://oopbuy.com/?", "url=&id=1&platform=1&"},
      {"http://l.facebook.com/?u=", "%25"},
      {"http://a.amazon-adsystem.com/x/c", "/http:/"},
      {"\t", "\t"},
      {"http://item.taobao.com/item.htm?", "&i%3D"},
      {"http://amazon.com/dp/B00EXAMPL1?", "&tag=&associatetag"},
      {"http://amazon.com/dp/B00EXAMPL1%3F", "%26tag%3D"},
      {"http://amazon.com/exec/obidos/ASIN/B00EXAMPL1/", "a=/"},
  };
  LinkScratch scratch;
  for (const auto& row : rows) {
    const auto seconds = [&](std::size_t bytes) {
      const std::string url = row.start + repeated(row.unit, bytes);
      double best = 1e9;
      for (int round = 0; round < 3; ++round) {
        const auto start = std::chrono::steady_clock::now();
        static_cast<void>(table_.classify(url, true, &scratch));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        best = std::min(best, took.count());
      }
      return best;
    };
    const double small = seconds(32'768);
    const double large = seconds(131'072);
    EXPECT_LT(large, 10 * small + 0.002)
        << row.start << " + " << row.unit << "...: " << small << " s";
  }
}

}  // namespace
}  // namespace hashcart::match
